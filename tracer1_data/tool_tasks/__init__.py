"""Tasks that are solved by calling tools, generated with real small files; ``python -m tracer1_data.tool_tasks --help``.

``families`` says what is asked, ``documents`` writes the files, ``solutions`` says how each family is solved, ``demonstrator``
does it with real tools, ``make`` writes a set. :mod:`tracer1_data.sources.tool_tasks` reads the demonstrations,
:func:`tracer1.environments.tools.read_tasks` the tasks to play.
"""
