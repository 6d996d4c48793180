"""What is no news has no topic; none of these texts was fitted on."""

from __future__ import annotations

import pytest

from summarizer import Article
from summarizer.retrieval.related import Neighbour
from summarizer.taxonomy import Taxonomy, Topic, default_taxonomy
from summarizer.topics.scope import form_of, in_scope
from summarizer.topics.similarity import TopicScorer, article_vector

OTHER = {
    "source code": (
        "def total(rows):\n    result = {}\n    for row in rows:\n        key = row['region']\n"
        "        result[key] = result.get(key, 0) + float(row['amount'])\n    return result\n\n"
        "if __name__ == '__main__':\n    print(total(read_rows(sys.argv[1])))"
    ),
    "style sheet": (
        ".card{border-radius:4px;box-shadow:0 1px 3px rgba(0,0,0,.2)}.card:hover{opacity:.9}\n"
        "@media (max-width:600px){.card{width:100%}}#footer a{color:#333;text-decoration:none}"
    ),
    "shopping list": "flour, sugar, 6 lemons, olive oil, ham, washing powder, dog biscuits",
    "keyboard noise": "sdkfj wleir sldkfj qpwoe zmxnc bvbnv ghfjd kdkslw oeiru tyghf alskd jfhgb",
    "cookie banner": (
        "This website uses cookies to ensure that you get the best experience. Strictly necessary "
        "cookies are always on. Accept all. Save my choices. Learn more in our cookie policy."
    ),
    "love letter": (
        "Darling Ruth, I can still smell your hair on the pillow. I walk through the rooms and "
        "talk to you as if you were here. Hurry home, my heart. I kiss you a thousand times. Yours"
    ),
    "server log": (
        "Mar 03 11:02:17 web3 nginx[221]: worker process 554 exited\nMar 03 11:02:19 web3 sshd[871]"
        ": Failed password for root from 10.1.4.9 port 5112\nMar 03 11:02:20 web3 cron[12]: (root)"
    ),
    "chat": (
        "mia: u coming tmrw?? jo: idk maybe, mum says i gotta clean my room first lol mia: nooo "
        "pls come its gonna be so fun jo: haha ok ill try, bring snacks mia: yesss 💕"
    ),
    "navigation": "Accueil Catalogue Mon compte Panier (0) Livraison Retours Aide Nous contacter",
    "private letter": (
        "Liebe Tante Gisela, danke für die schönen Socken, sie passen genau! Uns geht es gut, nur "
        "Papa hat Schnupfen. Kommst du Ostern zu uns? Ich würde mich so freuen. Dein Emil"
    ),
}
NEWS = {
    "en": (
        "The finance ministry of Norland raised its growth forecast to 2.1 percent on Thursday and "
        "said that exports of timber had recovered faster than expected."
    ),
    "fr": (
        "Le président a limogé son ministre de l'Intérieur samedi, deux jours après l'évasion de "
        "quarante détenus de la prison de Brelle, a annoncé la télévision d'État."
    ),
    "de": (
        "Der Bundesligist TSV Ahlen hat sich nach drei Niederlagen von Trainer Koch getrennt. Das "
        "teilte der Verein am Montag mit. Ein Nachfolger soll bis Freitag feststehen."
    ),
}
OWN = Taxonomy(
    name="desk",
    version="1",
    topics=(
        Topic(id="b", name="Business", description="Companies, markets, trade and the economy."),
        Topic(id="p", name="Politics", description="Governments, elections, parties and laws."),
        Topic(id="s", name="Sport", description="Matches, athletes and competitions."),
        Topic(id="t", name="Technology", description="Computers, software and the internet."),
    ),
)
RECIPES = Topic(id="r", name="Recipes", description="How to cook a dish, with its ingredients.")
KITCHEN = OWN.model_copy(update={"topics": (*OWN.topics, RECIPES)})


@pytest.mark.parametrize("taxonomy", [default_taxonomy(), OWN], ids=["IPTC", "own"])
@pytest.mark.parametrize("kind", OTHER)
def test_what_is_no_news_has_no_topic(kind: str, taxonomy: Taxonomy) -> None:
    article = Article(text=OTHER[kind], language="en")

    assert TopicScorer(taxonomy).classify(article) == ()


@pytest.mark.parametrize("language", NEWS)
def test_news_keeps_its_topic(language: str) -> None:
    article = Article(text=NEWS[language], language=language)

    assert in_scope(article_vector("", article.text).row, article.text)
    assert TopicScorer(default_taxonomy()).classify(article)


def test_a_text_of_a_users_own_topic_may_be_no_news() -> None:
    text = (
        "Ingredients: 400 g rice, 1 onion, 2 cloves of garlic, 300 g mushrooms, 1 l stock. Chop "
        "the onion and fry it in butter. Add the rice, then the stock, ladle by ladle, and stir."
    )
    article = Article(text=text, language="en")

    assert not in_scope(article_vector("", text).row, text)
    assert [topic.id for topic in TopicScorer(KITCHEN).classify(article)] == ["r"]


def test_labelled_neighbours_have_a_vote_on_what_is_no_news() -> None:
    article = Article(text=OTHER["love letter"], language="en")
    letters = tuple(Neighbour(labels=("Politics",), similarity=0.8) for _ in range(8))

    found = TopicScorer(OWN).classify(article, neighbours=letters)

    assert [topic.id for topic in found] == ["p"]


def test_the_form_of_a_text_is_finite_whatever_it_is() -> None:
    for text in ("", " ", "a", "。", "1", "{}", "我" * 50):
        assert form_of(text).shape == (7,)
        assert (abs(form_of(text)) < 1e3).all()
