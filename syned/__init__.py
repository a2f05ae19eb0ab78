"""The core of syned: rows, parts, stages, runners, recipes, images and errors. No model library."""

import os

__version__ = "0.1.0"

# Libraries that tell their makers of each use, unless they are told not to before their import:
# onnxruntime (from 1.29 on, and diffusers imports it), Ray, huggingface_hub, vLLM.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
