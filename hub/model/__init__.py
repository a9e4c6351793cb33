"""The only part of the hub that talks to a model: endpoints, retries, fallbacks, prices, token bounds, repair."""

from hub.model.endpoint import Endpoint
from hub.model.fallback import FallbackModel
from hub.model.openai_model import OpenAIModel
from hub.model.repair import repair_messages
from hub.model.tokens import estimate_tokens, likely_tokens, prompt_tokens

__all__ = [
    "Endpoint",
    "FallbackModel",
    "OpenAIModel",
    "estimate_tokens",
    "likely_tokens",
    "prompt_tokens",
    "repair_messages",
]
