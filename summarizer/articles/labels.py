"""The words by which pages label their metadata and ask their readers for something.

Each table is general vocabulary of one kind, in about a dozen languages; no site's own strings.
"""
# ruff: noqa: E501 (tables of words, a language a line)

from __future__ import annotations

import re


def _any(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _label(*alternatives: str) -> re.Pattern[str]:
    """A label, its colon, and the value; for dates the colon may be missing."""
    return re.compile(rf"\s*{_any(*alternatives)}\s*(?P<colon>[:：]|\s)\s*(?P<value>.*)", re.I)


PUBLISHED = _label(
    r"(?:date )?(?:first )?publi(?:sh|cation)(?:ed|ing)?(?: date| time| on| at| in)?",
    r"date(?: of)? (?:published|publication|posting|release)",
    r"(?:issued|filed|uploaded|created|aired|broadcast)(?: date| on| at| in)?",
    r"(?:date |first )?posted(?: date| on| at| in)?",
    r"(?:release |article |news )?date",
    r"ver(?:ö|oe)ffentlicht(?: am)?|erschienen(?: am)?|datum|erstellt(?: am)?",
    r"publi(?:é|e)e?(?: le)?|date de publication|mis en ligne(?: le)?",
    r"publicad[oa](?: el| em)?|fecha(?: de publicaci(?:ó|o)n)?|data de publica(?:ç|c)(?:ã|a)o",
    r"pubblicat[oa](?: il)?|data(?: di pubblicazione)?|gepubliceerd(?: op)?|geplaatst(?: op)?",
    r"opublikowano|data publikacji|publicerad|udgivet|julkaistu",
    r"опубликовано|дата публикации|дата|опубліковано",
    r"(?:yay(?:ı|i)n(?:lanma)?|oluşturulma)(?: tarihi)?|giri(?:ş|s)(?: tarihi)?|eklenme(?: tarihi)?|פורסם(?: ב)?|תאריך(?: פרסום)?",
    r"प्रकाशित|প্রকাশিত?|প্রকাশ|diterbitkan|dipublikasikan|(?:đ|Đ)ăng(?: lúc)?|δημοσίευση|δημοσιεύθηκε|"
    r"publikováno|vydáno|megjelent|publicat|imechapishwa|เผยแพร่|شائع",
    r"გამოქვეყნ(?:და|ებულია|ების თარიღი)|ታትሟል|የታተመው|တင်ပြ|បោះពុម្ព|"
    r"تاريخ النشر|نُ?شر في|تاریخ انتشار|発行日|公開日|発表日|发布时间|发表时间|發布時間|게시일|입력",
)
UPDATED = _label(
    r"(?:last |date )?(?:up-?dated?|modified|edited|revised|changed)(?: date| time| on| at| in)?",
    r"(?:zuletzt |letzte )?(?:aktualisiert|aktualisierung|geändert|ge(?:ä|ae)ndert|stand)(?: am)?",
    r"mis(?:e)? (?:à|a) jour(?: le)?|modifi(?:é|e)e?(?: le)?|derni(?:è|e)re modification",
    r"(?:(?:ú|u)ltima )?actualizaci(?:ó|o)n|actualizad[oa](?: el)?|(?:ú|u)ltima modificaci(?:ó|o)n",
    r"atualizad[oa](?: em)?|(?:ú|u)ltima atualiza(?:ç|c)(?:ã|a)o|aggiornat[oa](?: il)?|"
    r"ultimo aggiornamento|bijgewerkt(?: op)?|laatst gewijzigd|zaktualizowano|"
    r"uppdaterad|opdateret|päivitetty",
    r"обновлено|изменено|оновлено|g(?:ü|u)ncelle(?:me|nme)(?: tarihi)?|son g(?:ü|u)ncelleme",
    r"अपडेटेड|अद्यतन|আপডেট|diperbarui|cập nhật(?: lúc)?|ενημέρωση|τελευταία ενημέρωση|aktualizováno|aktualizace|"
    r"aktualizacja|frissítve|actualizat|imesasishwa|อัปเดต|업데이트|اپ ڈیٹ",
    r"עודכן(?: ב)?|עדכון אחרון|(?:last )?update|آخر تحديث|تاريخ التحديث|آخرین بروزرسانی|به ?روزرسانی|(?:最新|最后|最後)?更新(?:日|时间|時間)?|수정",
)
NUMBER = _label(
    r"(?:news|article|story|document|doc|report|post|content|item|press release|reference|ref)\.?"
    r"[ -]?(?:id|code|no|number|nr|#)\.?",
    r"(?:artikel|meldungs?|dokument)[ -]?(?:id|nr|nummer)\.?|(?:num(?:é|e)ro|code|r(?:é|e)f) (?:d')?article",
    r"(?:c(?:ó|o)digo|n(?:ú|u)mero) (?:de|da) (?:la )?not(?:a|icia|ícia)|haber (?:kodu|no)",
    r"(?:id|номер|код) (?:новости|статьи)|رقم الخبر|کد خبر|شناسه خبر|新闻编号|文章编号",
    r"(?:news )?(?:id|ref)\.?|(?:page )?views|hits|reads|reading time|read time|word count|lesezeit|temps de lecture",
    r"(?:short|direct|perma)[ -]?(?:url|link)|permalink|(?:tiempo|tempo) de (?:lectura|leitura)|tempo di lettura",
)
# Of a press release; the value is a number or an address.
CONTACT = _label(
    r"(?:(?:media|press|office) )?(?:phone|tel(?:ephone)?|fax|mobile|cell|e-?mail|website|web)\.?(?: no\.?| number)?",
    r"(?:telefon|tel(?:é|e)fono|t(?:é|e)l(?:é|e)phone|correo)",
)
AUTHOR = _label(
    r"(?:author|authors|by|by-?line|reporter|written by|autor(?:in|en)?|von|auteur|par)",
    r"(?:autore|di|autora|por|автор|yazar|الكاتب|بقلم|نویسنده|作者|記者|记者|기자)",
)
TITLE = _label(r"(?:title|headline|titel|(?:ü|ue)berschrift|titre|t(?:í|i)tulo|titolo|заголовок)")
SECTION = _label(
    r"(?:category|categories|section|topics?|tags?|keywords?|filed under|posted in|service|desk)",
    r"(?:kategorien?|rubrik|ressort|schlagw(?:ö|oe)rter|th(?:è|e)mes?|rubrique|mots[- ]cl(?:é|e)s)",
    r"(?:categor(?:í|i)as?|secci(?:ó|o)n|etiquetas|categorie|categoria|sezione|рубрика|теги|kategori)",
    r"(?:source|quelle|fuente|fonte|источник|photo|image|foto|fot\.|фото|editors?|edited by|(?:media |press )?contacts?|key ?words?|anahtar kelimeler|etiketler|kaynak)",
    r"(?:ключевые слова|метки|תגיות|מילות מפתח|برچسب(?:‌?ها)?|کلیدواژه(?:‌?ها)?|الكلمات المفتاحية|وسوم)",
)

# Lines that ask the reader to act, or that belong to the page around the article. Matched
# against the whole line, lower case, without the punctuation around it.
_SERVICE = _any(
    "facebook", "twitter", "x", "whatsapp", "telegram", "linkedin", "instagram", "youtube",
    "e-?mail", "pinterest", "reddit", "pocket", "messenger", "google news", "mastodon", "bluesky",
    "threads", "tiktok", "wechat", "weibo", "vk",
)  # fmt: skip
_SERVICES = rf"{_SERVICE}(?:(?:\s?[,/|·&]\s?|\s)(?:and |und |et |y |e )?{_SERVICE}){{0,12}}"
_ARTICLE = (
    r"(?: (?:on |to |about )?(?:this|the|our|your) (?:article|story|post|page|news|report|item))?"
)
PROMPT = re.compile(
    _any(
        # English
        rf"(?:be the first to |leave (?:a |your )?|post (?:a |your )?|add (?:a |your )?|write a |"
        rf"view (?:all )?|show |hide |read |join the |your )?(?:comments?|replies|reply|conversation)"
        rf"{_ARTICLE}(?: \(?\d+\)?)?",
        r"(?:no|\d+) (?:comments?|replies|shares|likes|views)(?: yet)?",
        r"comments (?:are |on this article are )?(?:now )?(?:closed|moderated|disabled|off)\b.{0,60}",
        r"(?:you must|please) (?:be logged|log|sign) in to (?:post a )?comment.{0,30}",
        r"tell us (?:what you|your|about your)\b.{0,60}",
        r"your (?:e-?mail )?address will not be published.{0,60}",
        r"(?:your )?(?:name|e-?mail|message)\*?:? (?:your )?(?:e-?mail|message|comment|website)\*?"
        r":?(?: \*?:?(?:send|submit|website|post comment))*",
        rf"(?:please )?(?:share|print|save|bookmark|like|recommend|rate|e-?mail){_ARTICLE}"
        rf"(?: (?:on|via|with|by) (?:{_SERVICES}|your friends|friends))?(?: \(?\d+\)?)?",
        rf"{_SERVICES}",
        rf"(?:follow|like|join|find|visit) (?:us|me|our \w+(?: \w+)?)(?: on)?:? (?:{_SERVICE}).{{0,30}}",
        r"(?:subscribe|sign up|register)(?: now| here| today)?(?: (?:to|for) (?:our|the|my) "
        r"(?:\w+ ){0,3}(?:newsletters?|updates|alerts|channel|edition|podcast)\b.{0,60})?",
        r"(?:get|download) (?:our|the) (?:\w+ ){0,2}apps?\b.{0,60}",
        r"(?:newsletter|back to top|go to top|top|read more|see more|load more|more|show more|"
        r"continue reading|print|home|menu|search|skip to (?:main )?content|log ?in|sign in)",
        r"(?:related|recommended|popular|trending|most read|latest|more|other|similar)"
        r"(?: (?:articles|stories|news|posts|content|topics|reading|on this story|for you))",
        r"you (?:may|might) (?:also )?like(?: this| these)?|recommended for you|next article|"
        r"previous article|read next|up next|editor'?s picks",
        # Forms, lists, captions and addresses that belong to the page
        r"(?:your )?(?:name|e-?mail|captcha|send|submit|comment)|you are replying to.{0,60}|tags?|key ?words?",
        r"(?:most|top) (?:visited|viewed|popular|read|shared)(?: (?:in|stories|news).{0,30})?|top (?:\w+ ){0,2}(?:stories|news)",
        r"list \d+ of \d+.{0,60}|end of list|\d+ (?:minutes?|hours?|days?) ago|correspondent|video player close|"
        r"back to top(?: close)?|explore (?:\w+|more\b.{0,40})|share|save|related topics|reuse this (?:content|article)",
        r"(?:for immediate release|(?:media|press|news) (?:release|contacts?)|embargoed until.{0,60}|skip advertisement)",
        r"\d+[ -]min(?:ute)?s?[ -](?:read|listen|watch|video)|listen to this article.{0,40}|download|transcript",
        r".{0,80}\bcontributed (?:reporting|to this (?:report|story|article))(?: from \w+)?",
        r"(?:this (?:article|story) is )?(?:for )?subscribers? only|article r(?:é|e)serv(?:é|e) (?:à|aux) .{0,30}|"
        r"nur f(?:ü|u)r abonnent(?:en|innen).{0,30}|exclusivo para (?:suscriptores|assinantes)|solo per abbonati",
        r"すべての記事が読み放題|(?:この記事は)?有料(?:会員|記事).{0,20}|contribuer|r(?:é|e)utiliser ce contenu|纠错|_{2,}",
        r"media playback .{0,40}|image (?:source|caption|credit)\b.{0,60}|getty images|file photo",
        r"(?:https?://)?(?:www\.)[\w.-]+(?:/\S*)?|https?://\S+",
        r"(?:the |our |this )?(?:\w+ ){0,2}(?:web ?)?site can also be accessed.{0,80}",
        r"follow us on \w+ @\w+|@\w{3,}|t\.me/\w+|(?:#\w+ ?)+",
        r"теги|метки|קראו עוד|קרא עוד|שתפו|תגובות|הוסף תגובה|כתבות נוספות|انتهای پیام ?/?|بیشتر بخوانید|مطالب مرتبط|"
        r"devamını oku|son dakika haberleri|haberin devamı",
        r"(?:advertisement|advertising|sponsored(?: content)?|ad|story continues below.{0,20}|"
        r"article continues (?:below|after).{0,30})",
        r"(?:copyrights? )?(?:©|ⓒ|\(c\)|copyrights?)\s?.{0,160}|.{0,60}all rights reserved",
        # German
        r"(?:einen )?kommentare?(?: schreiben| verfassen| hinterlassen| abgeben| anzeigen| lesen)?"
        r"(?: \(?\d+\)?)?|(?:keine|\d+) kommentare?|ihr kommentar|schreiben sie (?:einen|den ersten) "
        r"kommentar",
        r"(?:artikel |beitrag |jetzt )?(?:teilen|drucken|merken|empfehlen|versenden)"
        rf"(?: (?:auf|per|via) {_SERVICES})?|(?:folgen sie uns|folge uns)(?: auf {_SERVICES})?",
        r"(?:jetzt )?(?:den |unseren )?newsletter (?:abonnieren|bestellen)|nach oben|zur startseite|"
        r"mehr zum thema|lesen sie auch|das k(?:ö|oe)nnte sie auch interessieren|anzeige|werbung|"
        r"alle rechte vorbehalten",
        # French
        r"(?:laisse[rz]|(?:é|e)cri(?:re|vez)|ajouter|poster|publier) (?:un |votre )commentaire|"
        r"(?:votre |\d+ |aucun )?commentaires?(?: \(?\d+\)?)?|r(?:é|e)agi(?:r|ssez)(?: (?:à|a) cet article)?",
        rf"(?:partage[rz]|imprime[rz]|envoye[rz])(?: (?:cet|l')\s?article)?(?: (?:sur|par) {_SERVICES})?|"
        rf"suivez[- ]nous(?: sur {_SERVICES})?|(?:abonnez[- ]vous|s'abonner|inscrivez[- ]vous) "
        r"(?:à|a) (?:notre|la) (?:newsletter|lettre).{0,40}|haut de page|sur le m(?:ê|e)me sujet|"
        r"articles? (?:li(?:é|e)s|similaires)|(?:à|a) lire aussi|publicit(?:é|e)|tous droits r(?:é|e)serv(?:é|e)s",
        # Spanish, Portuguese, Italian
        r"(?:deja|escribe|deje|escriba|añade|a(?:ñ|n)adir|tu|su|sin|ver|\d+) (?:un |tu |su |los )?comentarios?"
        r"(?: \(?\d+\)?)?|comentarios?|comentar|compart(?:ir|e)(?: (?:en|este art(?:í|i)culo).{0,30})?|"
        r"imprimir|s(?:í|i)guenos(?: en .{0,30})?|suscr(?:í|i)b(?:ete|ase)(?: .{0,40}bolet(?:í|i)n.{0,20})?|"
        r"noticias relacionadas|te puede interesar|publicidad|todos los derechos reservados",
        r"(?:deixe|escreva) (?:um|o seu|seu) coment(?:á|a)rio|(?:\d+ )?coment(?:á|a)rios?|compartilh(?:ar|e)"
        r"(?: .{0,30})?|partilhar|siga-nos(?: .{0,30})?|assine (?:a nossa|nossa) newsletter|leia (?:também|mais)|"
        r"publicidade|todos os direitos reservados",
        r"(?:lascia|scrivi|aggiungi) un commento|(?:\d+ )?commenti?|condividi(?: .{0,30})?|stampa|"
        r"seguici(?: .{0,30})?|iscriviti (?:alla|alla nostra) newsletter|leggi anche|pubblicit(?:à|a)|"
        r"riproduzione riservata.{0,40}",
        # Dutch, Polish, Turkish, Russian
        r"reageer|reacties?|(?:plaats|geef) een reactie|deel (?:dit|op).{0,30}|delen|lees ook|meer nieuws|"
        r"skomentuj|dodaj komentarz|komentarze|udost(?:ę|e)pnij|czytaj (?:te(?:ż|z)|tak(?:ż|z)e)|reklama",
        r"yorum(?:lar)?|yorum yap(?:ın)?|yorum yaz(?:ın)?|payla(?:ş|s)|abone ol(?:un)?|bizi takip edin|"
        r"ilgili haberler|t(?:ü|u)m haklar(?:ı|i) sakl(?:ı|i)d(?:ı|i)r",
        r"(?:оставить|добавить|написать|ваш) комментари[йи]|комментари(?:и|ев|й)(?: \(?\d+\)?)?|"
        r"комментировать|поделиться(?: .{0,20})?|подпи(?:саться|шитесь)(?: .{0,40})?|читайте также|"
        r"распечатать|реклама|все права защищены",
        # Arabic, Persian, Chinese, Japanese, Korean
        r"(?:اترك|أضف|اكتب) (?:تعليق(?:ا|اً)?|تعليقك)|التعليقات|تعليقات|شارك(?:ها)?(?: .{0,20})?|مشاركة|"
        r"تابعنا(?: .{0,20})?|اشترك(?: .{0,30})?|اقرأ أيضا(?:ً)?|طباعة|جميع الحقوق محفوظة",
        r"نظر شما|ارسال نظر|دیدگاه(?:‌?ها| شما)?|نظرات(?: کاربران)?|اشتراک ?گذاری|چاپ|اخبار مرتبط",
        r"(?:发表|發表|写|我要|查看)?(?:评论|評論|留言)|(?:我要)?分享(?:到.{0,12})?|打印|列印|订阅|訂閱|相关(?:新闻|阅读)|"
        r"责任编辑[:：].{1,12}|返回顶部|版权所有.{0,20}|コメント(?:する|を書く|を投稿)?|シェア(?:する)?|"
        r"ツイート|გაზიარება|კომენტარები|ያጋሩ|አጋራ|แชร์(?:ข่าว(?:นี้)?|บทความนี้)?|แสดงความคิดเห็น|शेयर करें|chia sẻ|bình luận|shiriki.{0,20}|関連記事|印刷|댓글(?: ?\d+| 쓰기)?|공유(?:하기)?|관련 ?기사",
    ),
    re.I,
)
ADVERT = re.compile(
    r"advertisement|story continues below.{0,20}|article continues (?:below|after).{0,30}|publicidad|"
    r"publicidade|publicit(?:é|e)|pubblicit(?:à|a)|anzeige|werbung|reklama|реклама",
    re.I,
)
# A pointer to another article, at the start of a line of its own.
SEE_ALSO = re.compile(
    r"(?:read (?:more|also|next)|see also|also read|related(?: (?:story|article|coverage))?|"
    r"more on this(?: story)?|mehr zum thema|lesen sie (?:auch|hier|mehr)|siehe auch|(?:à|a) lire(?: aussi)?|"
    r"lire aussi|voir aussi|lea (?:también|tambien|además)|lee (?:también|tambien|además)|le puede interesar|"
    r"leia (?:também|mais)|leggi anche|lees ook|baca juga|czytaj (?:też|także)|"
    r"διαβάστε (?:επίσης|ακόμα)|xem thêm|ayrıca okuyun|soma pia|citește și|læs også|läs också|les også|lue myös|"
    r"यह भी पढ़ें|ये भी पढ़ें|আরও পড়ুন|читайте (?:также|також)|اقرأ أيضا|اقرأ أيضاً)\s*[:：]\s+\S.{0,160}",
    re.I,
)
# What an agency writes under the texts that it gives away.
NOTICE = re.compile(
    r".{0,80}\b(?:news stories|subscribers|subscription)\b.{0,200}\bcontact us\b.{0,60}"
    r"|a version of this (?:article|story) (?:appear|was|first|originally).{0,250}"
    r"|\(?(?:except for the headline, )?this (?:story|article|report|copy) (?:was|is|has(?: not)? been)\b.{0,60}"
    r"\b(?:edited|published|generated|produced|translated|syndicated|auto-generated)\b.{0,120}",
    re.I,
)
COOKIES = re.compile(
    r"(?:(?:we|this (?:web ?)?site|our (?:web ?)?site|wir|diese (?:web)?seite|nous|ce site|usamos|utilizamos|"
    r"este sitio|este site|questo sito|utilizziamo|deze (?:web)?site|wij|мы|этот сайт)\b.{0,60}\b(?:cookies?|куки)\b"
    r"|(?:by (?:continuing|using)|accept (?:all|cookies)|alle akzeptieren|tout accepter).{0,120}$)",
    re.I,
)
