"""The report of a run: ``report.json`` for programs, ``report.html`` for people (one file, pictures inside).

A run directory holds ``run.json`` (:mod:`.record`), ``stage1/metrics.jsonl`` and ``stage2/metrics.jsonl`` (veRL's
file logger, ``VERL_FILE_LOGGER_PATH``), ``evaluation/*.json`` (``python -m tracer1 score``) and the episodes next
to them. Several run directories (one a seed) give one report with the spread between them.
"""
