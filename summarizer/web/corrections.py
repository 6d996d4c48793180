"""Topics that readers correct: labels of the corpus, and rows of an eval data set."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from summarizer.articles import Article
from summarizer.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from summarizer.digest import Digest
    from summarizer.plugins.service import Service

_REMEMBERED: Final = 200  # articles of this session


class Corrections:
    """The articles of this session, and what readers said of their topics."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._articles: OrderedDict[str, tuple[Article, tuple[str, ...]]] = OrderedDict()

    def remember(self, article: Article, digest: Digest) -> None:
        """Keep an article whose topics may be corrected, the newest ones in memory alone."""
        given = tuple(topic.id for topic in digest.topics or ())
        with self._lock:
            self._articles[article.id] = (article, given)
            self._articles.move_to_end(article.id)
            while len(self._articles) > _REMEMBERED:
                self._articles.popitem(last=False)

    def topic_names(self) -> list[str]:
        """All topics, as names from the top of the taxonomy down."""
        taxonomy = self._service.summarizer().taxonomy
        return [" > ".join(taxonomy.path(topic.id)) for topic in taxonomy.topics]

    def keep(self, article_id: str, topics: Sequence[str]) -> tuple[str, ...]:
        """Store the reader's topics as the labels of the article; their names.

        Raises:
            TaxonomyError: there is no such topic.
            SourceError: the article is not of this session.
        """
        with self._lock:
            found = self._articles.get(article_id)
        if found is None:
            raise SourceError(
                "the article is no longer in this server's memory", hint="digest it again"
            )
        article, given = found
        taxonomy = self._service.summarizer().taxonomy
        chosen = tuple(dict.fromkeys(self._find(name) for name in topics))
        labels = tuple(self._label(topic) for topic in chosen)
        self._service.corpus.add([article.model_copy(update={"labels": labels})])
        row = {
            "id": article.id,
            "article": article.text,
            "gold_topics": chosen,
            "slices": ["accepted" if set(chosen) == set(given) else "corrected"],
            "language": article.language,
            "title": article.title,
            "date": article.published.isoformat() if article.published else None,
        }
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return tuple(" > ".join(taxonomy.path(topic)) for topic in chosen)

    def export(self) -> str:
        """The corrections as rows of an eval suite; of an article the last one."""
        rows: dict[str, str] = {}
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").split("\n"):
                if line:
                    rows[json.loads(line)["id"]] = line
        return "".join(f"{row}\n" for row in rows.values())

    def article(self, key: str, article_id: str = "") -> Article:
        """An article of the corpus by its key, or by its source and its id.

        Raises:
            SourceError: it has none of that name.
        """
        for name in (key, article_id, "" if "\0" in key else str(Path(key).resolve())):
            found = self._service.corpus.get(name) if name else None
            if found is not None:
                return found
        raise SourceError("the corpus has no such article", hint="search it")

    @property
    def _file(self) -> Path:
        folder = self._service.settings.data_dir
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "corrections.jsonl"

    def _label(self, topic_id: str) -> str:
        """The topic's name, which people can read; its id where several topics have the name."""
        taxonomy = self._service.summarizer().taxonomy
        name = taxonomy.topic(topic_id).name
        is_unique = sum(topic.name == name for topic in taxonomy.topics) == 1
        return name if is_unique else topic_id

    def _find(self, name: str) -> str:
        """The id of a topic that is named by its id, its path or its own name."""
        taxonomy = self._service.summarizer().taxonomy
        wanted = name.strip().casefold()
        for topic in taxonomy.topics:
            path = " > ".join(taxonomy.path(topic.id))
            if wanted in (topic.id.casefold(), path.casefold(), topic.name.casefold()):
                return topic.id
        return taxonomy.topic(name).id  # or its error
