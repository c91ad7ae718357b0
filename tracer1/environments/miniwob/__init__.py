"""MiniWoB++ web tasks in Chromium: environment, accessibility tree, task lists and scripted demonstrators."""
