"""``python -m summarizer`` is the ``summarizer`` command."""

from summarizer.cli.main import main

if __name__ == "__main__":
    main()
