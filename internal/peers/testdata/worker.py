"""What the engines' workers share: one request a line on standard input, one answer a line on standard output, both JSON.

A request names what to do and gives its arguments: {"do": "job", "landing": "...", "out": "..."}. What a worker's function
returns is the answer; should it raise, the answer is {"error": ...}, and the worker goes on.
"""
import json, os, sys, time, traceback


def serve(**can):
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not come between the answers
    answers.write(json.dumps({"ready": True}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = can[request.pop("do")](**request)
        except Exception as err:
            traceback.print_exc()
            answer = {"error": f"{type(err).__name__}: {err}"[:2000]}
        answers.write(json.dumps(answer) + "\n")
    answers.flush()
    os._exit(0)  # threads of native libraries must not hold up the end


class Clock:
    """with Clock() as took: …; took.seconds"""

    def __enter__(self):
        self.began = time.perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.began
