# ruff: noqa: E501 (pages, a page a line)

from __future__ import annotations

import pytest

from summarizer.articles import article_from_text
from summarizer.errors import NotAnArticleError

SHORT_NEWS = "Shares in Halvik Marine rose six percent on Thursday after profit beat expectations."


def test_a_short_news_item_is_an_article() -> None:
    assert article_from_text(SHORT_NEWS).text == SHORT_NEWS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("https://news.example/a\nhttps://news.example/b\n", "is nothing but addresses"),
        ("\n \u00a0 \u200b\n", "is empty"),
        ("Storm hits the coast", "too short"),
        ("Home\nNews\nSport\nWeather today\nLog in\nContact us\nHelp\nJobs\nAbout us", "is a list"),
        ("\x00\x01\x02" * 50 + SHORT_NEWS, "binary"),
        ("\ufffd" * 50 + SHORT_NEWS, "encoding"),
        (f'{{"title": "A", "text": "{SHORT_NEWS}"}}\n' * 2, "is JSON"),
        (f'id,text\n1,"{SHORT_NEWS}"\n', "is a table"),
        (f'id;Überschrift;"Text"\r\n1;A;"{SHORT_NEWS}"\r\n', "is a table"),
        (f"text\tpublished at\n{SHORT_NEWS}\t2025-03-03\n", "is a table"),
    ],
)
def test_what_is_no_article_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NotAnArticleError, match=reason):
        article_from_text(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Just a moment...\nVerify you are human by completing the action below.\n"
         "example.org needs to review the security of your connection before proceeding.", "a bot check"),
        ("Please enable JavaScript and cookies to continue. Ray ID: 8a1b2c3d4e5f", "a bot check"),
        ("Bitte aktivieren Sie JavaScript, um diese Seite zu sehen. Bestätigen Sie, dass Sie ein "
         "Mensch sind.", "a bot check"),
        ("Veuillez activer JavaScript pour continuer. Vérifiez que vous êtes humain.", "a bot check"),
        ("Подтвердите, что вы не робот. Включите JavaScript и обновите страницу, чтобы продолжить.",
         "a bot check"),
        ("请启用JavaScript。请验证您是真人,然后继续访问本网站,谢谢您的耐心等待和配合。", "a bot check"),
        ("The harbour of Solvik will close in May, the council decided after a debate of nine "
         "hours.\n\nSubscribe to continue reading. Already a subscriber? Log in.", "a paywall"),
        ("Der Hafen schließt im Mai.\n\nDieser Artikel ist nur für Abonnenten. Jetzt weiterlesen mit "
         "dem Probeabo.", "a paywall"),
        ("Le port ferme en mai.\n\nCet article est réservé aux abonnés. Déjà abonné ? Connectez-vous.",
         "a paywall"),
        ("We and our partners use cookies to store and access information on a device. Accept all. "
         "Manage preferences.", "a cookie notice"),
        ("Wir verwenden Cookies, um Inhalte zu personalisieren. Alle akzeptieren. Ablehnen.",
         "a cookie notice"),
        ("404 Not Found\nThe page you are looking for does not exist. Go to the front page.",
         "an error page"),
        ("Access denied\nYou don't have permission to access this resource on this server.",
         "an error page"),
        ("Página no encontrada\nLa página que buscas no existe o ha cambiado de lugar, lo sentimos.",
         "an error page"),
    ],
)  # fmt: skip
def test_stubs_are_refused_and_named(text: str, kind: str) -> None:
    with pytest.raises(NotAnArticleError, match=f"is {kind}"):
        article_from_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Researchers in Tallinn said on Tuesday that programs now solve captchas faster than "
        'people do. When a page asked them to "verify you are human", the programs passed in 96 '
        "percent of the cases. The study calls for other tests.",
        "Newspapers that put up a paywall lost a third of their readers and earned more, a survey "
        'of 40 publishers found. "Subscribe to continue reading" is now the most seen sentence of '
        "the trade, its author said. Only two papers took theirs down again.",
        "Regulators fined three advertisers 40 million euros on Monday for asking visitors to "
        "accept all cookies without a button to refuse. Websites use cookies to follow people "
        "across the network, the decision says. The companies will appeal.",
        "Verify you are human. Millions of people read that line every day before they may buy a "
        "ticket or open a bill, and by now programs pass the test behind it more often than they "
        "do, a study of 40 such tests found. Its authors ask for other ways to tell them apart.",
        "Error 404 is the title of a new play about a town that vanished from every map. It opens "
        "on Friday at the Municipal Theatre with Ida Brekstad as the surveyor who looks for it.",
    ],
)
def test_reports_about_stubs_are_articles(text: str) -> None:
    assert article_from_text(text).text == text


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("BEGIN:VCALENDAR\nVERSION:2.0\nSUMMARY:", "a calendar"),
        ("BEGIN:VCARD\nVERSION:3.0\nNOTE:", "a contact card"),
        ("WARC/1.0\nWARC-Type: response\n\n", "a web archive"),
        ('<mediawiki version="0.11"><page><text>', "<mediawiki>"),
    ],
)
def test_formats_that_look_like_text_are_refused_by_name(start: str, kind: str) -> None:
    with pytest.raises(NotAnArticleError, match=kind):
        article_from_text(start + SHORT_NEWS)
