"""What is wrong with the system, as one list: for status, console, health and metrics."""

from exconn.monitor.problems.codes import ProblemCode, ProblemSeverity
from exconn.monitor.problems.finders import ProblemList, find_problems
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import PROBLEMS

__all__ = ["PROBLEMS", "Problem", "ProblemCode", "ProblemList", "ProblemSeverity", "find_problems"]
