#!/usr/bin/env escript
%% helm test: what a service does. A queue, a confirmed message, and the same message back.

-include_lib("amqp_client/include/amqp_client.hrl").

main(_) ->
    {ok, _} = application:ensure_all_started([ssl, amqp_client]),
    {ok, Parameters} = amqp_uri:parse(os:getenv("AMQP_URI") ++ os:getenv("TLS_QUERY", "")),
    {ok, Connection} = amqp_connection:start(Parameters),
    {ok, Channel} = amqp_connection:open_channel(Connection),
    Queue = iolist_to_binary(["rpc-helm-test-", base64:encode(crypto:strong_rand_bytes(9), #{mode => urlsafe})]),
    #'queue.declare_ok'{} = amqp_channel:call(Channel, #'queue.declare'{queue = Queue, durable = true}),
    Sent = crypto:strong_rand_bytes(1000),
    #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
    ok = amqp_channel:cast(Channel, #'basic.publish'{routing_key = Queue},
                           #amqp_msg{props = #'P_basic'{delivery_mode = 2}, payload = Sent}),
    true = amqp_channel:wait_for_confirms(Channel, 20),
    #'basic.consume_ok'{} = amqp_channel:subscribe(Channel, #'basic.consume'{queue = Queue}, self()),
    receive
        {#'basic.deliver'{delivery_tag = Tag}, #amqp_msg{payload = Sent}} ->
            ok = amqp_channel:call(Channel, #'basic.ack'{delivery_tag = Tag})
    after 20000 -> error(nothing_came)
    end,
    #'queue.delete_ok'{} = amqp_channel:call(Channel, #'queue.delete'{queue = Queue}),
    amqp_connection:close(Connection),
    io:format("Published, confirmed, consumed and acknowledged 1000 bytes through ~s.~n", [Queue]).
