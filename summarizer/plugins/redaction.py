"""Results as another model may read them: without the passages that give orders to one.

A digest quotes such passages in its checks, so that a person can judge them. The model that
called us must not get by that way what was kept from ours.
"""

from __future__ import annotations

from summarizer.digest import Check, Digest, RelatedArticle


def digest_for_model(digest: Digest) -> Digest:
    """The digest with the quotations of its injection checks, and titles that are orders, blank."""
    title = digest.article.title
    if any(check.kind == "injection" and check.text == title for check in digest.checks):
        title = None
    related = digest.related
    return digest.model_copy(
        update={
            "article": digest.article.model_copy(update={"title": title}),
            "checks": tuple(map(check_for_model, digest.checks)),
            "related": None if related is None else tuple(map(related_for_model, related)),
        }
    )


def check_for_model(check: Check) -> Check:
    """The check; one of an order to a model says where it is, not what it says."""
    if check.kind != "injection":
        return check
    return check.model_copy(update={"text": f"({len(check.text)} characters not shown)"})


def related_for_model(article: RelatedArticle) -> RelatedArticle:
    """The article, without its title where that is an order."""
    return article.model_copy(update={"title": title_for_model(article.title)})


def title_for_model(title: str | None) -> str | None:
    """The title; None where it is an order to a model."""
    from summarizer.articles import Article
    from summarizer.screening import screen

    return screen(Article(text="", title=title)).title if title else title


def text_for_model(text: str) -> str:
    """The text without passages that are orders to a model."""
    from summarizer.articles import Article
    from summarizer.screening import screen

    return screen(Article(text=text)).trusted
