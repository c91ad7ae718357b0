"""Tasks that are solved by calling tools, generated with real small files; ``python -m tracer1_data.tool_tasks --help``.

``families`` says what is asked, ``documents`` writes the files, ``solutions`` says how each family is solved, ``demonstrator``
does it with real tools, ``make`` writes a set. :func:`tracer1_data.tool_tasks.tasks.load_tasks` gives the tasks to play.
"""
