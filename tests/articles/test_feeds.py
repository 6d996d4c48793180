"""Feeds as publishers write them: old versions, odd encodings, and XML that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summarizer.articles import Article, expand
from summarizer.articles.content import About, read_records
from summarizer.errors import SourceError
from summarizer.settings import Settings

BODY = (
    "The council of Ardenholm voted on Tuesday to rebuild the bridge over the Lenn that the flood "
    "took away last spring, its mayor said."
)


def rss(items: str, *, declaration: str = "", version: str = "2.0", more: str = "") -> str:
    return f'{declaration}<rss version="{version}"{more}><channel>{items}</channel></rss>'


def item(body: str = BODY, *, title: str = "Bridge", link: str = "http://n.example/1") -> str:
    parts = f"<title>{title}</title><link>{link}</link><description>{body}</description>"
    return f"<item>{parts}</item>"


def read(feed: str | bytes, tmp_path: Path, *, suffix: str = ".xml") -> list[Article]:
    path = tmp_path / f"feed{suffix}"
    path.write_bytes(feed if isinstance(feed, bytes) else feed.encode())
    return [source.load() for source in expand([str(path)], settings=Settings())]


RDF = f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://n.example/"><title>C</title></channel><item rdf:about="http://n.example/1">
<title>Bridge</title><link>http://n.example/1</link><dc:date>2024-03-05T10:00:00Z</dc:date>
<description>{BODY}</description></item></rdf:RDF>"""
ATOM_03 = f"""<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Bridge</title>
<link rel="alternate" type="text/html" href="http://n.example/1"/><issued>2024-03-05</issued>
<content type="text/html" mode="escaped">&lt;p&gt;{BODY}&lt;/p&gt;</content></entry></feed>"""
PREFIXED = f"""<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>Bridge</a:title>
<a:link href="http://n.example/1"/><a:summary>{BODY}</a:summary></a:entry></a:feed>"""
OTHERS_SOURCE = f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry>
<source><title>Other</title><updated>2001-01-01T00:00:00Z</updated><link href="http://o.example/"/>
</source><title>Bridge</title><link href="http://n.example/1"/><summary>{BODY}</summary></entry></feed>"""
UNDECLARED = rss(
    f"<item><title>Bridge</title><link>http://n.example/1</link>"
    f"<content:encoded>&lt;p&gt;{BODY}&lt;/p&gt;</content:encoded></item>"
)
PICTURE = rss(
    '<item><title>Bridge</title><media:content url="http://n.example/a.jpg"><media:description>'
    f"{'A cat on a photograph that has a far longer caption. ' * 9}</media:description>"
    f"</media:content><link>http://n.example/1</link><description><![CDATA[{BODY}]]></description></item>",
    more=' xmlns:media="http://search.yahoo.com/mrss/"',
)


@pytest.mark.parametrize(
    "feed",
    [
        rss(item(), version="0.91", declaration='<?xml version="1.0"?><!DOCTYPE rss SYSTEM "x">'),
        rss(item(f"&lt;b&gt;&lt;/b&gt;{BODY}"), version="0.92"),
        rss(item(f"<![CDATA[<p>{BODY}</p>]]>", title="<![CDATA[<i>Bridge</i>]]>")),
        RDF,
        ATOM_03,
        PREFIXED,
        OTHERS_SOURCE,
        UNDECLARED,
        PICTURE,
        f"<br />Warning: mysql_connect() failed {rss(item())}",
    ],
)
def test_a_feed_of_any_version_is_read(feed: str, tmp_path: Path) -> None:
    [article] = read(feed, tmp_path, suffix=".rss")

    assert (article.title, article.text, article.source) == ("Bridge", BODY, "http://n.example/1")


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("windows-1252", "cp1252"), ("utf-8", "cp1252"), ("utf-16", "utf-16"), (None, "cp1252")],
)
def test_an_encoding_is_found_out_where_it_is_declared_wrong(
    declared: str | None, encoding: str, tmp_path: Path
) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    feed = rss(item(f"{BODY} “Überfälle” – l’été."), declaration=head)

    [article] = read(feed.encode(encoding), tmp_path)

    assert article.text == f"{BODY} “Überfälle” – l’été."


def test_what_is_no_xml_loses_no_text(tmp_path: Path) -> None:
    broken = item(f"{BODY} Fish & chips.", title="Bridge & ferry", link="http://n.example/?a=1&b=2")
    articles = read(f'<?xml version="1.0"?><rss><channel>{broken}{item()}</channel>', tmp_path)

    assert [article.title for article in articles] == ["Bridge & ferry", "Bridge"]
    assert articles[0].text == f"{BODY} Fish & chips."
    assert articles[0].source == "http://n.example/?a=1&b=2"


def test_line_breaks_of_plain_text_are_kept(tmp_path: Path) -> None:
    [article] = read(rss(item(f"{BODY}\n\nSecond &amp;amp; last paragraph.")), tmp_path)

    assert article.text == f"{BODY}\n\nSecond & last paragraph."


def test_links_are_relative_to_what_the_feed_says_or_else_to_its_address() -> None:
    entry = f'<entry><title>A</title><link href="1.html"/><summary>{BODY}</summary></entry>'
    start = '<feed xmlns="http://www.w3.org/2005/Atom"'
    based = f'{start} xml:base="http://n.example/news/">{entry}</feed>'
    plain = f"{start}>{entry}</feed>"

    for feed, source in ((based, "a.atom"), (plain, "http://n.example/news/feed.atom")):
        [record] = read_records(feed.encode(), source=source, about=About()) or []
        assert record["url"] == "http://n.example/news/1.html"


def test_a_guid_is_the_link_where_there_is_no_other(tmp_path: Path) -> None:
    feed = rss(
        f"<item><title>A</title><guid>http://n.example/g</guid><description>{BODY}</description></item>"
    )

    assert read(feed, tmp_path)[0].source == "http://n.example/g"


def test_a_feed_without_entries_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no articles"):
        read(rss("<title>C</title>"), tmp_path)


NEWSML_1 = f"""<?xml version="1.0"?><NewsML><NewsItem><NewsManagement>
<FirstCreated>20240305T101000Z</FirstCreated></NewsManagement><NewsComponent><NewsLines>
<HeadLine>Bridge</HeadLine><ByLine>By Ann Lee</ByLine></NewsLines><DescriptiveMetadata>
<Language FormalName="en"/><SubjectCode><Subject FormalName="04015000"/></SubjectCode>
</DescriptiveMetadata><ContentItem><DataContent><p>{BODY}</p></DataContent></ContentItem>
</NewsComponent></NewsItem><NewsItem><NewsComponent><NewsLines><HeadLine>Picture</HeadLine>
</NewsLines><ContentItem Href="a.jpg"/></NewsComponent></NewsItem></NewsML>"""


def test_newsml_1_gives_its_items_with_text(tmp_path: Path) -> None:
    (article,) = read(NEWSML_1, tmp_path)

    assert (article.title, article.text, article.author) == ("Bridge", BODY, "Ann Lee")
    assert str(article.published) == "2024-03-05"
    assert article.labels == ("04015000",)


def test_an_export_of_wordpress_gives_its_posts(tmp_path: Path) -> None:
    wp = ' xmlns:wp="http://wordpress.org/export/1.2/"'
    post, picture = (
        item(title=kind).replace("</item>", f"<wp:post_type>{kind}</wp:post_type></item>")
        for kind in ("post", "attachment")
    )

    assert [a.title for a in read(rss(post + picture, more=wp), tmp_path)] == ["post"]


def test_a_name_that_begins_like_a_preposition_is_whole(tmp_path: Path) -> None:
    nitf = (
        "<nitf><body><body.head><hedline><hl1>Bridge</hl1></hedline><byline>Di Stefano</byline>"
        f"</body.head><body.content><p>{BODY}</p></body.content></body></nitf>"
    )
    (article,) = read(nitf, tmp_path)
    assert article.author == "Di Stefano"


def test_a_note_to_editors_is_not_the_text(tmp_path: Path) -> None:
    note = (
        "<note><body.content><p>EDITORS: the sum in the second paragraph is new.</p></body.content>"
    )
    nitf = (
        f"<nitf><body><body.head><hedline><hl1>Bridge</hl1></hedline>{note}</note></body.head>"
        f"<body.content><p>{BODY}</p></body.content></body></nitf>"
    )
    (article,) = read(nitf, tmp_path)
    assert article.text == BODY


def test_the_parts_of_an_exported_article_are_no_articles(tmp_path: Path) -> None:
    half = len(BODY) // 2
    blocks = [
        {"type": "paragraph", "children": [{"text": BODY[:half]}, {"text": BODY[half:], "b": 1}]},
        {"type": "adSlot", "label": "Goes on below"},
        {"type": "newsletterSignup", "text": "Sign up"},
        {"type": "paragraph", "children": [{"text": BODY}]},
        {"type": "relatedStories", "items": [{"title": "Other"}]},
    ]
    document = {
        "titles": {"main": "Bridge", "seo": "A bridge"},
        "createdAt": "2024-11-28T13:22:10Z",
        "publishAt": "2024-12-03T09:00:00-04:00",
        "blocks": blocks,
    }

    (article,) = read(
        json.dumps({"meta": {"tool": "x"}, "document": document}), tmp_path, suffix=".json"
    )

    assert (article.title, str(article.published)) == ("Bridge", "2024-12-03")
    assert article.text == f"{BODY}\n\n{BODY}"
