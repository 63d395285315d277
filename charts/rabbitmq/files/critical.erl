%% Prints what would lose its majority if this node stopped, a line each, once it has waited up to _1
%% seconds for members. A queue of one or two members that all run is left out: it is away while one
%% of its nodes restarts, and no waiting changes that.
Few = fun(#{<<"type">> := process}) -> false;
         (#{<<"name">> := Name, <<"virtual_host">> := VHost}) ->
    case rabbit_amqqueue:lookup(rabbit_misc:r(VHost, queue, Name)) of
        {ok, Queue} ->
            #{nodes := Nodes} = amqqueue:get_type_state(Queue),
            Members = case Nodes of #{} -> maps:keys(Nodes); _ -> Nodes end,
            length(Members) < 3 andalso Members -- rabbit_nodes:list_running() =:= [];
        _ -> true
    end
end,
Deadline = erlang:monotonic_time(second) + binary_to_integer(_1),
Wait = fun Again() ->
    case [Each || Each <- rabbit_upgrade_preparation:list_with_minimum_quorum_for_cli(), not Few(Each)] of
        [] -> [];
        Critical ->
            case erlang:monotonic_time(second) < Deadline of
                true -> timer:sleep(1000), Again();
                false -> Critical
            end
    end
end,
[case Type of
     process -> io:format("process ~ts~n", [Name]);
     rabbit_stream_queue -> io:format("stream ~ts in ~ts~n", [Name, VHost]);
     _ -> io:format("queue ~ts in ~ts~n", [Name, VHost])
 end || #{<<"name">> := Name, <<"virtual_host">> := VHost, <<"type">> := Type} <- Wait()],
ok.
