import json
import logging
import logging.config

from mare_gateway import logs


def test_a_log_line_is_one_json_object():
    settings = logs.config("INFO")
    formatter = logging.config.DictConfigurator(settings).configure_formatter(
        settings["formatters"]["json"]
    )
    line = formatter.format(
        logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "maré", "status": 1})
    )

    assert json.loads(line) | {"time": ""} == {
        "level": "INFO",
        "logger": "x",
        "message": "maré",
        "status": 1,
        "time": "",
    }
