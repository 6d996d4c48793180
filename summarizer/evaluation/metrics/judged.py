"""What a judge says of a digest, and the shares that are counted in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from summarizer.digest import Value

JudgeVerdict = Literal["article", "background", "contradicted", "neither"]


class ClaimVerdict(Value):
    """What the judge says of a sentence."""

    claim: str
    verdict: JudgeVerdict = Field(
        description="Where it follows from; 'neither' where the judge says something else and "
        "its quotation is not there."
    )
    reason: str
    quote: str
    quote_found: bool = Field(description="Whether the quotation is where it is said to be.")


class FactAnswer(Value):
    """Whether a summary tells a fact."""

    fact: str
    told: bool = Field(description="False where the quotation is not in the summary.")
    reason: str
    quote: str
    quote_found: bool


class Judging(Value):
    """What a judge says of one digest, vote by vote."""

    claims: tuple[tuple[ClaimVerdict, ...], ...] = Field(
        default=(), description="The verdicts on its sentences; empty: not judged."
    )
    facts: tuple[tuple[FactAnswer, ...], ...] = Field(
        default=(), description="The answers about the key facts; empty: not judged."
    )

    def share(self, verdict: JudgeVerdict) -> float | None:
        """The share of the claims with this verdict, the mean over the votes."""
        found = [claim.verdict == verdict for vote in self.claims for claim in vote]
        return sum(found) / len(found) if found else None

    @property
    def recall(self) -> float | None:
        """The share of the key facts that are told, the mean over the votes."""
        found = [fact.told for vote in self.facts for fact in vote]
        return sum(found) / len(found) if found else None
