%% Moves quorum queues off the nodes in _1. It runs on a node that stays, until it prints no line:
%% each line is one queue, and what the removal waits for.
%%
%% A membership change needs a majority of the members. So the order is, for each queue: members on
%% nodes that stay are added until there are enough, they catch up with the log, one of them becomes
%% the leader, and then one member is removed at a time, each only after the last was committed.
Leaving = [binary_to_atom(Node) || Node <- string:lexemes(_1, " ")],
Staying = rabbit_nodes:list_members() -- Leaving,
true = lists:member(node(), Staying),
Running = rabbit_nodes:list_running(),

Metrics = fun({_, Node} = Member) ->
    try erpc:call(Node, ra, key_metrics, [Member], 5000) catch _:_ -> #{} end
end,

%% A member that was just added is no voter until it has caught up.
CaughtUp = fun(Member, Commit) ->
    case Metrics(Member) of
        #{state := State, membership := voter, last_written_index := Written} ->
            lists:member(State, [leader, follower]) andalso Written >= Commit;
        _ -> false
    end
end,

Remove = fun(Leader, Member, Forget) ->
    case ra:remove_member(Leader, Member, 5000) of
        {ok, Change, _} ->
            %% The answer comes before the change is committed. A server that is deleted in between
            %% takes its vote with it.
            {ok, _, _} = ra:leader_query(Leader, {erlang, is_list, []}, #{condition => {applied, Change}}),
            Forget(),
            io_lib:format("removed the member on ~s", [element(2, Member)]);
        {error, not_member} -> Forget(), "removed";
        Other -> io_lib:format("a membership change that RabbitMQ refuses for now (~0p)", [Other])
    end
end,

Step = fun(Name, Members, {_, LeaderNode} = Leader, Add, Forget) ->
    On = [Node || {_, Node} <- Members],
    Kept = [Node || Node <- On, lists:member(Node, Staying)],
    {Up, Down} = lists:partition(fun(Node) -> lists:member(Node, Running) end, On -- Kept),
    Commit = maps:get(commit_index, Metrics(Leader), infinity),
    Behind = [Node || Node <- Kept, not CaughtUp({Name, Node}, Commit)],
    case {Down ++ Up, length(Kept) < min(length(On), length(Staying)), Behind} of
        {[], _, _} -> done;
        {_, true, _} ->
            [Node | _] = Staying -- Kept,
            io_lib:format("a new member on ~s (~0p)", [Node, Add(Node)]);
        {_, _, [Node | _]} -> io_lib:format("the member on ~s to catch up", [Node]);
        {[Node | _], _, []} ->
            case lists:member(LeaderNode, Staying) of
                true -> Remove(Leader, {Name, Node}, fun() -> Forget(Node) end);
                false ->
                    _ = ra:transfer_leadership(Leader, {Name, hd(Kept)}),
                    io_lib:format("~s to become the leader", [hd(Kept)])
            end
    end
end,

Round = fun(Label, Name, Add, Forget) ->
    %% What fails within a step fails for this queue alone: `try ... of` would not catch it.
    Waits = try
        case ra:members([{Name, Node} || Node <- Staying ++ Leaving], 3000) of
            {ok, Members, Leader} -> Step(Name, Members, Leader, Add, Forget);
            _ -> "a leader: a majority of its members must run"
        end
    catch
        Class:Reason -> io_lib:format("RabbitMQ (~0p)", [{Class, Reason}])
    end,
    [io_lib:format("~ts waits for: ~ts~n", [Label, Waits]) || Waits =/= done]
end,

Queue = fun(Q) ->
    {resource, VHost, queue, Name} = amqqueue:get_name(Q),
    Label = io_lib:format("Queue ~ts in ~ts", [Name, VHost]),
    case amqqueue:get_type(Q) of
        rabbit_quorum_queue ->
            Round(Label, element(1, amqqueue:get_pid(Q)),
                  fun(Node) -> rabbit_quorum_queue:add_member(VHost, Name, Node, promotable, 5000) end,
                  fun(Node) -> rabbit_quorum_queue:delete_member(VHost, Name, Node) end);
        rabbit_stream_queue ->
            #{nodes := Nodes} = amqqueue:get_type_state(Q),
            [io_lib:format("~ts is a stream with a replica on ~s. Take it off with rabbitmq-streams "
                           "delete_replica, after add_replica elsewhere if it is the last one.~n", [Label, Node])
             || Node <- Nodes, not lists:member(Node, Staying)];
        rabbit_classic_queue ->
            Node = node(amqqueue:get_pid(Q)),
            Lost = amqqueue:is_durable(Q) andalso amqqueue:get_exclusive_owner(Q) =:= none,
            [io_lib:format("~ts is a classic queue that only ~s has. Consume its messages and delete it.~n",
                           [Label, Node])
             || Lost, lists:member(Node, Leaving)];
        _ -> []
    end
end,
Coordinator = fun(undefined) -> [];
                 (_) -> Round("The stream coordinator", rabbit_stream_coordinator, fun(_) -> ok end, fun(_) -> ok end)
end,

%% Clients may declare queues meanwhile, faster than a program of the command line starts.
Rounds = fun Again(Left) ->
    case lists:append([Coordinator(whereis(rabbit_stream_coordinator)) | lists:map(Queue, rabbit_amqqueue:list())]) of
        [_ | _] when Left > 1 -> timer:sleep(200), Again(Left - 1);
        Lines -> io:format("~ts", [Lines])
    end
end,
Rounds(20).
