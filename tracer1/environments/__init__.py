"""Live environments: something that takes actions and shows what became of them.

MiniWoB++ in Chromium is :mod:`.miniwob`, tasks that are solved with tools are :mod:`.tools`; :mod:`.osworld` and
:mod:`.android_world` hold agents for those benchmarks' own runners.
"""
