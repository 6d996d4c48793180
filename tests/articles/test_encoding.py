from __future__ import annotations

import pytest

from summarizer.articles.article import Document
from summarizer.articles.encoding import decode
from summarizer.errors import NotAnArticleError

GERMAN = "Die Bürgermeisterin eröffnete am Dienstag die neue Brücke über den Fluss. " * 5
RUSSIAN = "Правительство области хочет потратить больше денег на ремонт дорог и мостов. " * 5
JAPANESE = "市議会は月曜日に新しい計画を承認した。反対は二人だけだった。" * 8


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings_of_a_german_text(encoding: str) -> None:
    assert decode(GERMAN.encode(encoding), source="a").text == GERMAN


def test_utf_16_without_a_mark() -> None:
    assert decode(GERMAN.encode("utf-16-le"), source="a").text == GERMAN
    assert decode(GERMAN.encode("utf-16-be"), source="a").text == GERMAN


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-16"])
def test_encodings_of_a_russian_text(encoding: str) -> None:
    assert decode(RUSSIAN.encode(encoding), source="a").text == RUSSIAN


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Der Stadtrat von Sörvik beschloss, die östliche Mole wieder aufzubauen."),
        ("cp1252", "Les pêcheurs ont mis fin à leur grève après neuf jours de négociations."),
        ("cp1252", "La subvención costará unos dieciocho millones al año, señaló el ministro."),
        ("cp1250", "Dopłata będzie kosztować około osiemnastu milionów złotych rocznie."),
        ("iso8859_2", "Městská rada v pondělí rozhodla o obnově mola, které zničila bouře."),
        ("cp1254", "Balıkçılar hükümetin daha ucuz mazot sözü vermesinin ardından döndü."),
        ("cp1251", "Транспортное управление во вторник одобрило план строительства линий."),
        ("cp1251", "Уряд сьогодні схвалив бюджет на наступний рік після тривалого обговорення."),
        ("cp1251", "Двије особе погинуле су када је аутобус слетио у провалију близу града."),
        ("cp1253", "Η κυβέρνηση ενέκρινε σήμερα τον προϋπολογισμό για το επόμενο έτος."),
        ("iso8859_7", "Οι υπουργοί ψήφισαν υπέρ της πρότασης του υπουργού Οικονομικών."),
        ("mac_cyrillic", "Министр заявил, что субсидия составит 18 миллионов рублей в год."),
        ("mac_cyrillic", "Ціни на хліб зросли втретє за рік, кажуть мешканці Ірпеня."),
        ("cp1251", "Рыбаки вернулись в море после девяти дней забастовки, сообщил профсоюз."),
        ("cp1253", "Άνοιξε ξανά η γέφυρα, λέει η Άννα Παππά, δήμαρχος της πόλης Άρτας."),
        ("iso8859_7", "Άγνωστοι έκλεψαν το χάλκινο άγαλμα από την πλατεία της πόλης."),
        ("cp1256", "شوراي شهر تهران درباره ساخت دو خط تازه مترو تصميم گرفت."),
        ("iso8859_6", "ارتفعت أسعار الخبز للمرة الثالثة هذا العام، بحسب وزارة الاقتصاد."),
        ("mac_roman", "Die Bürger von Görlitz dürfen über die Brücke künftig nur zu Fuß gehen."),
        ("cp850", "Der Flughafen öffnet später: Ärger über die höheren Gebühren wächst."),
        ("cp1255", "הממשלה אישרה היום את התקציב לשנה הבאה לאחר דיון ארוך שנמשך כל הלילה."),
    ],
)
def test_one_sentence_in_an_old_encoding(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), source="a").text == text


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "iso2022_jp"])
def test_encodings_of_a_japanese_text(encoding: str) -> None:
    assert decode(JAPANESE.encode(encoding), source="a").text == JAPANESE


def test_utf_8_beats_a_wrong_declaration() -> None:
    assert decode("Brücke".encode(), source="a", declared="iso-8859-1").text == "Brücke"


def test_a_declaration_beats_a_guess() -> None:
    assert decode("Łódź".encode("cp1250"), source="a", declared="windows-1250").text == "Łódź"
    page = '<html><meta charset="windows-1250"><p>Łódź</p></html>'
    assert decode(page.encode("cp1250"), source="a").text == page


def test_an_unknown_declaration_is_passed_over() -> None:
    assert decode(GERMAN.encode("cp1252"), source="a", declared="x-klingon").text == GERMAN


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + b"abc" * 100,
        b"PK\x03\x04" + b"word/document.xml" * 20,
        b"\x1f\x8b\x08" + b"abc" * 100,
        b"text\x00\x01\x02text" * 20,
    ],
)
def test_binary_data_is_refused_and_named(data: bytes) -> None:
    with pytest.raises(NotAnArticleError, match=r"'photo' is .*not text"):
        decode(data, source="photo")


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "utf-32", "utf-7", "unicode_escape"])
def test_a_declaration_that_cannot_be_true_is_passed_over(label: str) -> None:
    page = f'<html><meta charset="{label}"><p>Die Brücke \\u0041 kostet ab Juli das Doppelte.</p>'
    for text in (page, page + "."):
        found = decode(text.encode("cp1252"), source="a", declared=label).text
        assert "\\u0041 kostet ab Juli" in found


@pytest.mark.parametrize(
    "text",
    [
        "Рада порта проголосовала в понедельник за закрытие причала. Это 240 мест.",
        "מועצת הנמל הצביעה ביום שני בעד סגירת מזח הפחם הישן.",
        "市议会星期一表决通过了新的计划，反对者只有两人。码头将在三月关闭。",
        "시의회는 월요일에 새 계획을 승인했다. 반대는 두 명뿐이었다.",
        "สภาท่าเรือลงมติเมื่อวันจันทร์ให้ปิดท่าเรือ ถ่านหินเก่า",
        "परिषद ने सोमवार को पुराने घाट को बंद करने का निर्णय लिया।",
    ],
)
class TestAnyScript:
    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf_16_without_a_mark(self, text: str, encoding: str) -> None:
        assert decode(text.encode(encoding), source="a").text == text

    def test_a_file_cut_inside_a_character(self, text: str) -> None:
        found = decode(f"{text} é".encode()[:-1], source="a")

        assert found.text == f"{text} \ufffd"
        assert found.notes == ("the text is UTF-8 with 1 wrong bytes, which are shown as \ufffd",)

    def test_one_bad_byte(self, text: str) -> None:
        found = decode(text.encode() + b" \xff " + text.encode(), source="a")

        assert found.text == f"{text} \ufffd {text}"

    def test_mojibake_is_repaired_and_said(self, text: str) -> None:
        found = decode(text.encode().decode("latin-1").encode(), source="a")

        assert found.text == text
        assert "repaired" in found.notes[0]

    def test_what_is_right_stays(self, text: str) -> None:
        assert decode(text.encode(), source="a") == Document(text)


def test_what_is_declared_as_utf_8_is_read_so() -> None:
    page = "<meta charset='utf-8'><p>Łódź</p>".encode() + b"\xff\xfe\xff"

    assert decode(page, source="a").text.startswith("<meta charset='utf-8'><p>Łódź</p>\ufffd")


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "cp1253", "cp437", "mac_roman"])
def test_utf_8_that_was_read_as_another_encoding_is_repaired(encoding: str) -> None:
    text = "Le lac a gelé à Orléans, où l’été fut très frais. Grün wäre schöner, für Müller."

    found = decode(text.encode().decode(encoding).encode(), source="a")

    assert found.text == text
    assert "repaired" in found.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "« À\xa0la fin, l’été\xa0: «\xa0déjà\xa0» », dit-il à\xa0Paris, à\xa0Lyon et à\xa0Nice.",
        "Programs turn ü into Ã¼ where they read UTF-8 as Latin-1, as everybody knows by now.",
        "РОССИЯ: «Всё ещё впереди»… — С… Р… В№1, сказал он. В «ГЁТЕ» — Сё, Рё, её.",
    ],
)
def test_what_looks_like_mojibake_and_is_none(text: str) -> None:
    assert decode(text.encode(), source="a") == Document(text)


def test_a_byte_of_zero_is_a_space() -> None:
    assert decode(GERMAN.encode() + b"\x00 Ende", source="a").text == GERMAN + "  Ende"
