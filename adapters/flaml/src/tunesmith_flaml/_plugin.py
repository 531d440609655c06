"""Declares the searchers; imports neither them nor FLAML."""

from tunesmith.plugins import Capabilities, SearcherSpec, hookimpl

NUMBERS = {"log": True, "integer": True, "ordinal": True, "categorical": True, "step": True}


@hookimpl
def tunesmith_searchers() -> list[SearcherSpec]:
    """Return both searchers; a local search of CFO's never leaves the branch it starts in."""
    return [
        SearcherSpec(
            name="blendsearch",
            factory="tunesmith_flaml.searcher:BlendSearchSearcher",
            api="1.0",
            capabilities=Capabilities(**NUMBERS, conditional=True, constraints=True),
            summary="FLAML's BlendSearch: local searches beside a global one (TPE)",
            advice="training that is cheap for some configurations and dear for others",
            wraps="flaml",
        ),
        SearcherSpec(
            name="cfo",
            factory="tunesmith_flaml.searcher:CfoSearcher",
            api="1.0",
            capabilities=Capabilities(**NUMBERS),
            summary="FLAML's CFO: one local search after another, from where training is cheap",
            advice="a cheap configuration to start from is known, and the budget is small",
            wraps="flaml",
        ),
    ]
