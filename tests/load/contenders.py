"""The same small Flask application over three RPC clients, and over none.

granian serves them as ``tests.load.contenders:NAME``; AMQP_URI is the address of the broker.
"""

import os

from flask import Flask, jsonify
from flask_nameko import FlaskPooledClusterRpcProxy
from nameko.standalone.rpc import ClusterRpcProxy

from mare_gateway.app import create_app
from mare_gateway.asgi import AsgiGateway
from mare_gateway.bodies import Bodies
from mare_gateway.settings import Settings
from mare_nameko.client import AmqpUri, Options, RpcClient
from tests.load.load_generator import PAYLOAD

TIMEOUT = 5.0
POOL_SIZE = 16


def flask_alone():
    app = Flask(__name__)

    @app.get("/")
    def answer():
        return jsonify(PAYLOAD)

    return app


def multiplexed():
    app = Flask(__name__)
    client = RpcClient(Options(amqp_uri=AmqpUri(os.environ["AMQP_URI"])))
    client.start()

    @app.get("/")
    def answer():
        return jsonify(client.call("weather.search", PAYLOAD, timeout=TIMEOUT))

    return app


def pooled():
    app = Flask(__name__)
    app.config["NAMEKO_AMQP_URI"] = os.environ["AMQP_URI"]
    app.config["NAMEKO_INITIAL_CONNECTIONS"] = POOL_SIZE
    app.config["NAMEKO_MAX_CONNECTIONS"] = POOL_SIZE
    app.config["NAMEKO_RPC_TIMEOUT"] = TIMEOUT
    pool = FlaskPooledClusterRpcProxy(app)

    @app.get("/")
    def answer():
        return jsonify(pool.weather.search(PAYLOAD))

    return app


def per_request():
    app = Flask(__name__)
    config = {"AMQP_URI": os.environ["AMQP_URI"]}

    @app.get("/")
    def answer():
        with ClusterRpcProxy(config, timeout=TIMEOUT) as cluster:
            return jsonify(cluster.weather.search(PAYLOAD))

    return app


def whole_gateway():
    """Everything that a request to the gateway passes: validation, ETag, metrics, access log."""
    return _gateway(GATEWAY_CACHE_BYTES="0")


def cached_gateway():
    """The same with its cache: the service gets one call."""
    return _gateway()


def _gateway(**environ):
    settings = Settings.from_env(os.environ | environ)
    app = create_app(settings)
    app.extensions["rpc"].start()
    bodies = Bodies(settings.max_body)
    return AsgiGateway(app.extensions["entry"], threads=settings.threads, bodies=bodies)
