"""A forecast API with a delay, so that a few requests per second are a load for one worker."""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = float(os.environ.get("SECONDS_PER_ANSWER", "0.3"))


class Forecast(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(SECONDS)
        current = {
            "time": int(time.time()),
            "interval": 900,
            "temperature_2m": 24.3,
            "apparent_temperature": 25.0,
            "relative_humidity_2m": 61,
            "is_day": 1,
            "precipitation": 0.0,
            "weather_code": 1,
            "cloud_cover": 20,
            "wind_speed_10m": 9.4,
        }
        body = json.dumps(
            {"latitude": -8.0, "longitude": -35.0, "elevation": 9.0, "current": current}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


ThreadingHTTPServer(("", 8080), Forecast).serve_forever()
