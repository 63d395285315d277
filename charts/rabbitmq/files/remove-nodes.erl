%% Removes the nodes in _1 from the cluster, the last one first. It runs on a node that stays, prints
%% what it waits for, and is ok, or gave_up after _2 seconds.
%%
%% A membership change needs a majority of the members. So the order is, for each queue: members on
%% nodes that stay are added until there are enough, they catch up with the log, one of them becomes
%% the leader, and then one member is removed at a time, each only after the last was committed.
Leaving = [binary_to_atom(Node) || Node <- string:lexemes(_1, " ")],
false = lists:member(node(), Leaving),
Deadline = erlang:monotonic_time(second) + binary_to_integer(_2),

%% Lines, one for each queue, and what it waits for; none once the queues have no member that leaves.
Waiting = fun() ->
    Staying = rabbit_nodes:list_members() -- Leaving,
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
                        Answer = ra:transfer_leadership(Leader, {Name, hd(Kept)}),
                        io_lib:format("~s to become the leader (~0p)", [hd(Kept), Answer])
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
                               "delete_replica, once stream_status shows its offset for a replica that stays.~n",
                               [Label, Node])
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

    lists:append([Coordinator(whereis(rabbit_stream_coordinator)) | lists:map(Queue, rabbit_amqqueue:list())])
end,

%% A reset waits up to 300 s for a leader of the metadata. One that was given up would still go on.
Call = fun(Node, Module, Function) ->
    try {ok, erpc:call(Node, Module, Function, [], 330000)}
    catch
        error:{erpc, noconnection} -> down;
        Class:Reason -> {error, {Class, Reason}}
    end
end,

Busy = fun(Node, Reason) -> [io_lib:format("~s waits for: RabbitMQ (~0p)~n", [Node, Reason])] end,

%% Sends clients to the nodes that stay. `rabbitmq-upgrade drain` would also stop the node's members of
%% queues, and of two members both are needed for a majority. An earlier run may have stopped the node.
Retire = fun(Node) ->
    case Call(Node, rabbit, start) of
        {ok, _} ->
            [Call(Node, rabbit_maintenance, Each)
             || Each <- [mark_as_being_drained, suspend_all_client_listeners, close_all_client_connections]],
            [];
        _ -> [io_lib:format("~s does not answer.~n", [Node])]
    end
end,

Leave = fun(Node) ->
    case Call(Node, rabbit, stop) of
        {ok, _} ->
            %% If a queue was declared meanwhile, its leader may be on this node: it is started again.
            case Waiting() of
                [] ->
                    Answer = Call(Node, rabbit_db, reset), % `down` if it leaves before it answers
                    case lists:member(Node, rabbit_nodes:list_members()) of
                        false -> io:format("~s has left the cluster.~n", [Node]), [];
                        true -> Busy(Node, Answer)
                    end;
                Lines -> Lines
            end;
        down ->
            case rabbit_db_cluster:forget_member(Node, false) of
                ok ->
                    io:format("~s was down and has left the cluster. Delete its volume before a node of "
                              "that name starts.~n", [Node]),
                    [];
                Refused -> Busy(Node, Refused)
            end;
        {error, Reason} -> Busy(Node, Reason)
    end
end,

Left = fun(Node) ->
    case lists:member(Node, rabbit_nodes:list_members()) of
        false -> [];
        true ->
            Silent = Retire(Node),
            case Waiting() of
                [] -> Leave(Node);
                Lines -> Silent ++ Lines
            end
    end
end,

%% The lock ends with the process that has it.
Alone = fun() ->
    [io_lib:format("Another run has not ended yet.~n", [])
     || not global:set_lock({remove_nodes, self()}, [node()], 0)]
end,

%% Tries again until no line is left to wait for, and prints each line once.
Until = fun Again(Attempt, Printed) ->
    case try Attempt() catch Class:Reason -> Busy(node(), {Class, Reason}) end of
        [] -> ok;
        Lines ->
            %% It fails once the output is closed, so that an interrupted run ends.
            io:put_chars(lists:sublist(Lines -- Printed, 20)),
            erlang:monotonic_time(second) < Deadline orelse throw(gave_up),
            timer:sleep(200),
            Again(Attempt, Lines)
    end
end,

try
    Until(Alone, []),
    lists:foreach(Retire, Leaving),
    [Until(fun() -> Left(Node) end, []) || Node <- Leaving],
    Until(Waiting, []) % for queues that count a node which was taken off the cluster in another way
catch
    throw:gave_up ->
        %% Of two members of the metadata, both are needed.
        [Call(Node, rabbit, start) || Node <- Leaving, lists:member(Node, rabbit_nodes:list_members())],
        gave_up
end.
