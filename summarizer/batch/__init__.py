"""Many articles: a job's folder that survives every crash, its budget, and what it will need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summarizer.batch.job_run import JobReport, JobState


def run_batch(
    sources: Sequence[str | Path],
    out: str | Path,
    *,
    jobs: int = 1,
    limit: int | None = None,
    max_cost: float | None = None,
    text_field: str | None = None,
    retry_failed: bool = False,
    ray: str | None = None,
    progress: Callable[[JobState], None] = lambda _: None,
    **settings: Any,
) -> JobReport:
    """Digest articles into a folder; called again, go on with what it lacks.

    Args:
        sources: files, folders, patterns, tables of any length, addresses.
        out: the job's folder.
        jobs: articles at a time.
        limit: only the first so many articles.
        max_cost: US dollars for the whole job.
        text_field: the column with the text, in tables.
        retry_failed: try again what failed in a way that would not mend by itself, too.
        ray: address of a Ray cluster that digests: "auto", "local" or HOST:PORT (extra "ray").
        progress: called after every article.
        settings: single settings by name, such as ``model="extractive"``.

    Raises:
        ConfigurationError: a setting is wrong, or the folder holds something else.
        EndpointError: the endpoint is down, or refuses everything; what was made is kept.
    """
    from summarizer.batch.job import Job
    from summarizer.batch.job_run import JobRunner
    from summarizer.batch.ray_data import require_ray
    from summarizer.settings import load_settings

    loaded = load_settings(**settings)
    if ray is not None:
        require_ray(ray)
    job = Job.begin(
        [str(source) for source in sources],
        Path(out),
        settings=loaded,
        text_field=text_field,
        limit=limit,
        max_cost=max_cost,
    )
    return JobRunner(
        job, loaded, jobs=jobs, retry_failed=retry_failed, progress=progress, ray=ray
    ).run()
