"""Many articles as one page: grouped into stories, each with one summary that names its sources."""
