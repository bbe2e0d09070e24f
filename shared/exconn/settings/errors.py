"""What can be wrong with settings; the texts name the variable and the remedy, never the value of a secret."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SettingProblem:
    """One variable that cannot be used, and what to do about it."""

    variable: str
    problem: str
    remedy: str
    is_missing: bool = False

    def __str__(self) -> str:
        return f"{self.variable}: {self.problem}; {self.remedy}"


class SettingsError(ValueError):
    """Variables are missing or unusable. Nothing was started; correct them and start again."""

    def __init__(self, *problems: SettingProblem) -> None:
        self.problems = problems
        super().__init__(" | ".join(str(problem) for problem in problems))
