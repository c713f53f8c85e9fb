"""An analyzer of your own: any object with a name, its languages and a call.

    python examples/own_analyzer.py QUEUE_ID [SECONDS]

This one listens for a handful of words, where yours would ask a model. It runs in the event loop,
once for each utterance: one that takes longer than a few milliseconds belongs into a process of
its own.
"""

import asyncio
import contextlib
import re
import sys

from genesys_sentiment import Analysis, Cloud, Policy, Score, Scorer, score, watch

GOOD = frozenset({"great", "thank", "thanks", "perfect", "lovely"})
BAD = frozenset({"angry", "broken", "late", "lost", "never", "ridiculous"})


class Keywords:
    """English only; the scorer never asks about another language."""

    name = "keywords"
    languages = frozenset({"en"})

    def __call__(self, text: str, language: str) -> Analysis:
        """Judge a text. The same text always gets the same answer."""
        words = re.findall(r"[a-z']+", text.lower())
        good, bad = [w for w in words if w in GOOD], [w for w in words if w in BAD]
        polarity = (len(good) - len(bad)) / max(len(good) + len(bad), 1)
        return Analysis(
            polarity=polarity,
            label="positive" if polarity > 0 else "negative" if polarity < 0 else "neutral",
            confidence=0.9 if polarity else 0.4,
            words=len(words),  # 0 says: nothing to judge. That becomes Skipped, not neutral.
            evidence=tuple(f"keyword:{word}" for word in (*good, *bad)),
        )


async def main(queue: str, seconds: float | None) -> None:
    # Calls in other languages come out as Skipped("language_unsupported"); only=Score drops them.
    scorer = Scorer(Policy(languages=("en",)), Keywords())
    async with Cloud.from_env() as cloud, watch(cloud, queues=[queue]) as stream:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for scored in score(stream, scorer, only=Score):
                    print(scored.method, scored.polarity, *scored.evidence)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else None))
