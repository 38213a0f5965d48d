"""Answers with what it was sent."""

import echo_1 as echo

from etui.sdk import Call, Extension, provides


class Echo(Extension):
    """An Extension that says everything again."""

    @provides(echo.Say)
    def say(self, request: echo.Say, _: Call) -> echo.SayResult:
        """What was said."""
        return echo.SayResult(text=request.text)


if __name__ == "__main__":
    Echo().run()
