"""Is this an article at all? What is not must never reach a model.

Left out: judging quality, and finding what is an essay, a story or a manual. They may pass.
"""

from __future__ import annotations

import re

from summarizer.errors import NotAnArticleError
from summarizer.text import count_words

# ruff: noqa: E501 (tables of words, a language a line)


# What pages say instead of an article. Each phrase is matched at the start of a sentence, where a
# page speaks to its reader: a report about captchas quotes the same words inside its sentences.
def _starts(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"[^\w\"'“„«‘]*+(?:" + "|".join(alternatives) + ")", re.I)


STUBS: dict[str, re.Pattern[str]] = {
    "a bot check": _starts(
        r"(?:please )?(?:verify|confirm|prove) (?:that )?(?:you are|you're) (?:a |not a )?(?:human|robot|real)",
        r"verifying (?:that )?you are|checking (?:if the site connection|your browser)|ray id\b|cloudflare ray",
        r"(?:you need to |please )?(?:enable|turn on|allow) (?:java ?script|js|cookies)\b",
        r"java ?script (?:is|must be|seems to be|appears to be) (?:disabled|enabled|required|not available|not enabled|turned off)",
        r"(?:this|our) (?:site|page|website|app|application) (?:requires|needs) java ?script|i(?: am|'m) not a robot|are you a robot",
        r"just a moment\.{0,3}$|ddos protection by|performance (?:&|and) security by|attention required|one more step\.?$|"
        r"(?:[\w.-]+ )?needs to review the security of your connection|(?:our systems have )?detected unusual (?:traffic|activity)|"
        r"unusual traffic from|press (?:&|and) hold|(?:please )?(?:complete|solve) the (?:captcha|security check|challenge)|"
        r"access to this page has been denied|(?:please )?wait while we (?:verify|check)|pardon our interruption",
        r"bitte (?:aktivieren|schalten) sie java ?script|(?:bitte )?bestätigen sie,? dass sie (?:ein mensch|kein roboter)|ich bin kein roboter",
        r"(?:veuillez |merci d')?activer java ?script|activez java ?script|(?:vérifi|confirm)(?:ez|er|ation) que vous (?:êtes (?:un )?(?:être )?humain|n'êtes pas un robot)|je ne suis pas un robot",
        r"(?:por favor,? )?(?:activa|active|habilita|habilite) (?:el )?java ?script|(?:verifi(?:ca|que)|confirm[ae]) que (?:eres|es|usted es|no eres) (?:un )?(?:humano|robot)|no soy un robot",
        r"(?:attiva|abilita|ative|habilite) (?:il |o )?java ?script|(?:verifica|conferma) di essere (?:un )?umano|(?:verifique|confirme) (?:se|que) você é humano|não sou um robô|non sono un robot",
        r"schakel java ?script in|bevestig dat (?:je|u) (?:een )?mens|włącz (?:obsługę )?java ?script|potwierdź, że jesteś człowiekiem",
        r"(?:пожалуйста,? )?включите java ?script|подтвердите,? что вы (?:человек|не робот)|я не робот|проверка (?:вашего )?браузера",
        r"(?:lütfen )?java ?script['’]?i etkinleştirin|insan olduğunuzu doğrulayın|يرجى تفعيل|تحقق من أنك (?:إنسان|لست)|لطفا جاوا ?اسکریپت",
        r"请(?:启用|开启|打开) ?java ?script|(?:请)?(?:验证|确认)您(?:是|不是)|java ?scriptを有効に|あなたが人間であることを|자바스크립트를",
    ),
    "a paywall": _starts(
        r"(?:to )?(?:continue|keep) reading|subscribe (?:now |today )?(?:to (?:continue|read|get|unlock)|for (?:unlimited|full|only|just))|subscribe to .{0,40} to (?:continue|read)",
        r"already (?:a subscriber|have an account|registered|a member)|(?:log|sign) in to (?:continue|read)|register (?:for free |now )?to (?:continue|read)",
        r"this (?:article|content|story|page) is (?:only |exclusively )?(?:for|available (?:only )?(?:to|for)|reserved for|exclusive to) (?:our |paying )?(?:subscribers|members)",
        r"you(?:'ve| have) (?:reached|read|used) (?:your|all|the)\b.{0,40}\b(?:limit|articles?)|unlock (?:this|the full) (?:article|story)|"
        r"(?:become a (?:member|subscriber)|create (?:a|your) free account|start your (?:free )?(?:trial|subscription)) (?:to|and|for)\b|the rest of this article is",
        r"(?:jetzt )?weiterlesen mit|dieser (?:artikel|inhalt) ist (?:nur )?(?:für|exklusiv)|(?:sind sie |sie sind )?bereits abonnent|(?:sie haben )?bereits ein abo|jetzt (?:abonnieren|testen) und weiterlesen",
        r"(?:cet |l')?article (?:est )?réservé|(?:la suite|ce contenu) (?:de cet article )?est réservée?|pour lire la suite|déjà abonné|abonnez[- ]vous pour|il vous reste .{0,20}% de cet article",
        r"(?:contenido|artículo|noticia) (?:exclusiv[oa]|sol[oa]) para suscriptores|suscríb(?:ete|ase) para|¿?ya eres suscriptor|para seguir leyendo",
        r"(?:questo )?(?:contenuto|articolo) (?:è )?riservato agli abbonati|sei già abbonato|abbonati per|(?:conteúdo|matéria) exclusiv[oa] para assinantes|já é assinante|assine para",
        r"(?:dit artikel is )?alleen voor abonnees|al abonnee|(?:эта )?(?:статья|материал) доступ(?:ен|на) (?:только )?(?:подписчикам|по подписке)|оформите подписку|abone olun ve",
        r"(?:请)?(?:登录|订阅)(?:后|以)(?:继续|查看|阅读)|本文(?:仅|只)|この記事は(?:有料|会員)|続きを読むには|会員限定|(?:이 기사는|유료)",
    ),
    "a cookie notice": _starts(
        r"(?:we|this (?:web ?)?site|our (?:web ?)?site)\b.{0,60}\bcookies?\b|(?:accept|reject|allow|manage|customi[sz]e) (?:all|cookies?|preferences|settings|your (?:privacy|choices))|"
        r"(?:we value )?your privacy(?: matters| is important|$)|by (?:clicking|continuing|using)\b.{0,120}\b(?:cookies?|consent)|before you continue to",
        r"(?:wir|diese (?:web)?seite|unsere (?:web)?seite)\b.{0,60}\bcookies?\b|(?:alle )?(?:cookies )?(?:akzeptieren|ablehnen)|(?:nous|ce site|notre site)\b.{0,60}\bcookies?\b|tout (?:accepter|refuser)|"
        r"continuer sans accepter|(?:utilizamos|usamos|este sitio|nuestro sitio)\b.{0,60}\bcookies?\b|aceptar (?:todas?|cookies|y continuar)",
        r"(?:usiamo|utilizziamo|questo sito)\b.{0,60}\bcookies?\b|accett[ao] (?:tutt[io]|i? ?cookie)|(?:este site|nosso site)\b.{0,60}\bcookies?\b|aceitar (?:todos|cookies)|(?:wij|deze (?:web)?site)\b.{0,60}\bcookies?\b|"
        r"(?:мы|этот сайт|наш сайт) использу.{0,60}(?:cookie|куки)|(?:bu site|sitemiz).{0,40}(?:çerez|cookie)|(?:本|我们).{0,12}cookie|(?:当サイト|このサイト).{0,12}cookie",
    ),
    "an error page": _starts(
        r"(?:http )?(?:error )?(?:code )?(?:400|401|403|404|410|429|500|502|503|504)(?: error)?[\s:.,–-]*(?:$|(?:page |file )?(?:not found|forbidden|unauthori[sz]ed|internal|bad |service|gateway|error|gone|too many))",
        r"page (?:not found|unavailable|does not exist)|(?:sorry|oops|whoops|uh[- ]oh)\W{1,3}(?:(?:but )?(?:the|this|that|your) (?:page|content|link|article)|we (?:can't|cannot|couldn't|could not)|something)|"
        r"(?:the|this) (?:page|url|link|article) (?:(?:that )?you(?:'re| are| were|'ve| have)? (?:looking|requested|tried|followed)|cannot be|can't be|could not be|does not exist|doesn't exist|is (?:not|no longer) available|has been (?:removed|moved|deleted)|may have been)",
        r"(?:access denied|forbidden)\W*$|you (?:do not|don't) have permission to access|internal server error|bad gateway|(?:service|site|server) (?:is )?(?:temporarily )?unavailable|something went wrong|this site can(?:'t|not) be reached|the requested (?:url|page|resource)",
        r"(?:die |diese )?(?:angeforderte |gewünschte |gesuchte )?seite (?:wurde |konnte )?nicht (?:gefunden|mehr|verfügbar)|(?:la )?page (?:introuvable|non trouvée|demandée n)|erreur 404|(?:la )?página (?:no |que buscas (?:no )?|solicitada no )(?:encontrada|existe|está)|"
        r"(?:la )?pagina (?:non trovata|non esiste|niet gevonden|richiesta)|página não (?:encontrada|existe)|страница не (?:найдена|существует)|sayfa bulunamadı|nie znaleziono strony",
        r"(?:页面|您访问的页面)(?:不存在|未找到|找不到)|找不到(?:该|您)?.{0,6}页|ページが見つかりません|お探しのページ|페이지를 찾을 수|الصفحة (?:غير موجودة|المطلوبة)|صفحه.{0,20}(?:یافت|پیدا) نشد",
    ),
}  # fmt: skip


# Measured on 3,300 news texts, of which the shortest has 8 words without its title: 10 refuses
# one (0.03 %), 12 refuses six, 15 would refuse 30. It is meant for headlines and fragments.
_MIN_WORDS = 10
# A menu has no line of this many words. All but one of the 3,300 texts do: the date of a dividend.
_MIN_LINE_WORDS = 5
# A stub is short, and mostly addresses its reader. A page of up to 100 words that ends in such
# a sentence is the teaser above a paywall.
_LONGEST_STUB = 200
_STUB_SHARE = 0.35
_LONGEST_TEASER = 100
_TEASER_END = 3

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟])\s+|\n+|(?<=[。！？])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.01
_MAX_REPLACEMENT_SHARE = 0.05
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a media file",
    b"OggS": "a media file",
    b"ID3": "an MP3 file",
    b"\x1aE\xdf\xa3": "a video",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document of before 2007 (.doc, .xls, .ppt)",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
    b"\xca\xfe\xba\xbe": "a program",
    b"SQLite format 3": "a database",
    b"%PDF-": "a PDF file",
}
_MARKUP = re.compile(
    r"\s*+(?:<\?xml[^>]{0,300}>(?:\s*+<[!?][^>]{0,300}>)*+\s*+<(?P<root>[\w:.-]{1,60})"
    r"|<(?P<bare>mediawiki|opml|plist|kml|svg)\b|(?P<other>\\documentclass\b|BEGIN:VCALENDAR"
    r"|BEGIN:VCARD|WARC/1\.\d))"
)
_OTHER = {
    "\\documentclass": "LaTeX",
    "BEGIN:VCALENDAR": "a calendar (iCalendar)",
    "BEGIN:VCARD": "a contact card (vCard)",
}
_SAVE_AS_TEXT = "save it as text, HTML or PDF, and pass that file"


def refuse_binary(data: bytes, *, source: str) -> None:
    """Raises NotAnArticleError for bytes that are not text in a one-byte encoding or UTF-8."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise NotAnArticleError(f"{source!r} is {kind}, not text", hint=_SAVE_AS_TEXT)
    sample = data[:8192]
    if sample.count(0) > _MAX_CONTROL_SHARE * len(sample) or data[4:8] == b"ftyp":
        raise NotAnArticleError(f"{source!r} is binary data, not text", hint=_SAVE_AS_TEXT)


def refuse_garbage(text: str, *, source: str) -> None:
    """Raises NotAnArticleError for text that is mostly control characters, or a format's source."""
    if markup := _MARKUP.match(text):
        root = markup["root"] or markup["bare"]
        kind = f"XML (<{root}>)" if root else _OTHER.get(markup["other"], "a web archive (WARC)")
        raise NotAnArticleError(f"{source!r} is {kind}, not an article", hint=_SAVE_AS_TEXT)
    if len(_CONTROL.findall(text)) > 1 + _MAX_CONTROL_SHARE * len(text):
        raise NotAnArticleError(f"{source!r} is binary data, not text", hint=_SAVE_AS_TEXT)
    if text.count("\ufffd") > _MAX_REPLACEMENT_SHARE * len(text):
        raise NotAnArticleError(
            f"the encoding of {source!r} could not be found out", hint="save it as UTF-8"
        )


def refuse_stub(text: str, *, source: str) -> None:
    """Raises NotAnArticleError for a page that stands in for an article.

    ``text`` is the page before it was cleaned: cleaning drops such sentences.
    """
    words = count_words(text)
    if words > _LONGEST_STUB:
        return
    sentences = [s for s in map(str.strip, _SENTENCE.split(text)) if s]
    for kind, pattern in STUBS.items():
        speaking = [s for s in sentences if pattern.match(s)]
        share = sum(map(count_words, speaking)) / (words or 1)
        teaser = kind == "a paywall" and words <= _LONGEST_TEASER
        if share >= _STUB_SHARE or (teaser and set(speaking) & set(sentences[-_TEASER_END:])):
            raise NotAnArticleError(
                f"{source!r} is {kind}, not an article: {speaking[0][:80]!r}",
                hint="open it in a browser, save the page, and pass the file",
            )


def refuse_fragment(text: str, *, source: str, title: str | None) -> None:
    """Raises NotAnArticleError for a cleaned body that is empty, too short or only a list."""
    if not text.strip():
        raise NotAnArticleError(
            f"{source!r} is empty", hint="pass a source with the text of an article"
        )
    words = count_words(text) + count_words(title or "")
    if words < _MIN_WORDS:
        raise NotAnArticleError(
            f"{source!r} is too short for an article: {words} of at least {_MIN_WORDS} words",
            hint="pass the whole text of the article",
        )
    if max(map(count_words, text.split("\n"))) < _MIN_LINE_WORDS:
        raise NotAnArticleError(
            f"{source!r} is a list: no line has {_MIN_LINE_WORDS} words",
            hint="pass the page of one article, not a menu or an index",
        )
