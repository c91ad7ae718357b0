"""The tools of published agents and benchmarks, by their published names and arguments, and a few of our own.

``TOOLBOXES`` names the sets; :func:`tracer1.toolbox.toolbox.load_toolbox` makes one callable. Light: a prompt needs no more.

- T3-Agent: mat-agent/MAT-Agent at 121e1a4, tongagent/tools/tool_box.py, tongagent/tools/new_added, tongagent/agents/
  search_agent.py. Its agent acts by Python code, so ``python`` is among its tools; ``ocr`` made its training data and is
  left out of its evaluation. ``start`` of ``inspect_file_as_text`` and of ``visit_page`` is ours, to read long texts.
- GTA: open-compass/GTA at 37c2b60, agentlego/benchmark_toollist.txt, agentlego/benchmark.py and agentlego/agentlego/tools.
  A box is the text ``(x1, y1, x2, y2)`` there, in pixels of the picture.
"""

from __future__ import annotations

from tracer1.toolbox.base import Kind, Parameter, ToolSpec


def _asks(name: str, says: str, kind: Kind = "text") -> Parameter:
    return Parameter(name, kind, says)


def _may(name: str, says: str, kind: Kind = "text") -> Parameter:
    return Parameter(name, kind, says, required=False)


_FILE = "the picture's file name"
_BOX_TEXT = "the box in pixels as (x1, y1, x2, y2)"
_START = _may("start", "the character to begin at, for texts that were cut", "number")
_PICTURE, _IMAGE = _asks("image_path", _FILE), _asks("image", _FILE)
_FILE_NAME, _BOXES = "the new picture's file name", "a list of boxes [x1, y1, x2, y2] in pixels"

PYTHON = ToolSpec(
    "python",
    "run Python; the files of the task are there under their names; print what you want to see",
    (_asks("code", "the code"),),
    "what it printed, and the value of its last line",
)
OCR_LINES = ToolSpec(
    "ocr",
    "read the text in a picture",
    (_PICTURE, _may("debug", "has no effect", "boolean")),
    "a JSON list of the lines",
)
INSPECT_FILE = ToolSpec(
    "inspect_file_as_text",
    "read a document (pdf, docx, pptx, xlsx, csv, html, epub, zip or text, no picture) as Markdown text",
    (_asks("file_path", "the file name"), _may("question", "what you want to know of it"), _START),
    "its text, or the answer to the question",
)
VISIT_PAGE = ToolSpec("visit_page", "read a web page as text", (_asks("url", "its address"), _START), "its text")
VISUALIZER = ToolSpec(
    "visualizer", "answer a question about a picture", (_asks("question", "the question"), _PICTURE), "the answer"
)
ASK_SEARCH_AGENT = ToolSpec(
    "ask_search_agent",
    "ask somebody who browses the internet for you",
    (_asks("query", "a whole question, with what there is to know about it"),),
    "what was found",
)

T3_AGENT = (
    VISUALIZER,
    ToolSpec("facedetection", "find the faces in a picture", (_PICTURE,), _BOXES),
    ToolSpec("objectlocation", "find objects in a picture", (_asks("object", "what to find"), _PICTURE), _BOXES),
    INSPECT_FILE,
    ToolSpec("image_generator", "draw a picture", (_asks("prompt", "what to draw"),), _FILE_NAME),
    ToolSpec(
        "segmentation",
        "cut out the objects of a picture",
        (_PICTURE, _may("prompt", f"{_BOXES}; without, all objects", "any")),
        "the name of a file with the masks",
    ),
    ToolSpec("image_edit", "edit a picture", (_asks("prompt", "what to change"), _PICTURE), _FILE_NAME),
    OCR_LINES,
    ASK_SEARCH_AGENT,
    PYTHON,
)
T3_AGENT_WEB = (
    ToolSpec("informational_web_search", "search the web", (_asks("query", "what for"),), "the results"),
    ToolSpec(
        "navigational_web_search", "search the web and open the first result", (_asks("query", "what for"),), "it"
    ),
    VISIT_PAGE,
    ToolSpec("page_up", "scroll the page that is open one screen up", (), "what is to be seen there"),
    ToolSpec("page_down", "scroll the page that is open one screen down", (), "what is to be seen there"),
    ToolSpec(
        "find_on_page_ctrl_f",
        "scroll to the first place where the page has a text",
        (_asks("search_string", "the text; * stands for anything"),),
        "what is to be seen there",
    ),
    ToolSpec("find_next", "scroll to the next such place", (), "what is to be seen there"),
    ToolSpec(
        "find_archived_url",
        "open an old version of a page",
        (_asks("url", "its address"), _asks("date", "the day as YYYYMMDD")),
        "its text",
    ),
    ToolSpec("download_file", "download a file that is no page", (_asks("url", "its address"),), "the file's name"),
    ToolSpec(
        "web_qa", "answer a question from the page that is open", (_asks("question", "the question"),), "the answer"
    ),
    ToolSpec(
        "video_visualizer",
        "answer a question about a video",
        (_asks("question", "the question"), _asks("video_path", "the video's file name or address")),
        "the answer",
    ),
)
GTA = (
    ToolSpec("Calculator", "calculate", (_asks("expression", "a Python expression; math's functions are there"),)),
    ToolSpec(
        "GoogleSearch",
        "search the web",
        (_asks("query", "what for"), _may("k", "how many results; 10 unless told", "number")),
        "the results, numbered",
    ),
    ToolSpec(
        "Plot",
        "run Python that draws a diagram",
        (_asks("command", "Markdown with Python code: a function solution() that returns a Matplotlib figure"),),
        _FILE_NAME,
    ),
    ToolSpec(
        "Solver",
        "run Python that solves equations with SymPy",
        (_asks("command", "Markdown with Python code: a function solution() that returns a text"),),
        "what solution() returned",
    ),
    ToolSpec(
        "OCR", "read the text in a picture", (_IMAGE,), "(x1, y1, x2, y2) and the text, a line for each paragraph"
    ),
    ToolSpec("ImageDescription", "describe a picture", (_IMAGE,), "the description"),
    ToolSpec(
        "TextToBbox",
        "find an object in a picture",
        (_IMAGE, _asks("text", "the object"), _may("top1", "only the best; true unless told", "boolean")),
        "(x1, y1, x2, y2), score, a line for each",
    ),
    ToolSpec(
        "CountGivenObject",
        "count objects in a picture",
        (_IMAGE, _asks("text", "the object"), _may("bbox", f"where: {_BOX_TEXT}")),
        "the number",
    ),
    ToolSpec("MathOCR", "read the formulas in a picture", (_IMAGE,), "LaTeX"),
    ToolSpec(
        "DrawBox",
        "draw a box on a picture",
        (_IMAGE, _asks("bbox", _BOX_TEXT), _may("annotation", "a text above it")),
        _FILE_NAME,
    ),
    ToolSpec(
        "AddText",
        "write on a picture",
        (
            _IMAGE,
            _asks("text", "what to write"),
            _asks(
                "position",
                "its lower left corner as (x, y), or l, m, r and t, m, b such as mt for the middle of the top",
            ),
            _may("color", "red unless told"),
        ),
        _FILE_NAME,
    ),
    ToolSpec("TextToImage", "draw a picture", (_asks("keywords", "what to draw, separated by commas"),), _FILE_NAME),
    ToolSpec("ImageStylization", "change a picture", (_IMAGE, _asks("instruction", "what to change")), _FILE_NAME),
    ToolSpec(
        "RegionAttributeDescription",
        "describe something about a part of a picture",
        (_IMAGE, _asks("bbox", _BOX_TEXT), _asks("attribute", "what to describe")),
        "the description",
    ),
)
_BOX = _asks("box", "[x1, y1, x2, y2] in pixels", "any")
LOCAL = (
    INSPECT_FILE,
    OCR_LINES,
    ToolSpec("calculator", "calculate", (_asks("expression", "a Python expression; math's functions are there"),)),
    PYTHON,
    ToolSpec("crop", "cut a box out of a picture", (_PICTURE, _BOX), _FILE_NAME),
    ToolSpec(
        "zoom",
        "cut a box out of a picture and enlarge it",
        (_PICTURE, _BOX, _may("factor", "how many times; 2 unless told", "number")),
        _FILE_NAME,
    ),
    ToolSpec(
        "search",
        "search the pages that there are",
        (_asks("query", "what for"), _may("k", "how many results; 5 unless told", "number")),
        "titles, addresses and excerpts, the best first",
    ),
    VISIT_PAGE,
)

TOOLBOXES: dict[str, tuple[ToolSpec, ...]] = {
    "t3_agent": T3_AGENT,
    "t3_agent_gaia": (VISUALIZER, INSPECT_FILE, ASK_SEARCH_AGENT, PYTHON),
    "t3_agent_web": T3_AGENT_WEB,
    "gta": GTA,
    "local": LOCAL,
}


def specs_of(name: str) -> tuple[ToolSpec, ...]:
    """The tools of a toolbox. Raises ValueError, naming those that exist, for a name that is none."""
    if name not in TOOLBOXES:
        raise ValueError(f"unknown toolbox {name!r}: use one of {', '.join(TOOLBOXES)}")
    return TOOLBOXES[name]
