"""Live environments: something that shows screenshots and takes actions. MiniWoB++ in Chromium is :mod:`.miniwob`."""
