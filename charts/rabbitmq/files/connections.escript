#!/usr/bin/env escript
%% Fills the Secrets that no template can fill: passwords once, and from them the connections of the
%% clients. It needs nothing that the broker's image does not have. It waits as long as it takes, and
%% leaves definitions with the passwords and the Erlang cookie in memory for connections.sh.

-define(ACCOUNT, "/var/run/secrets/kubernetes.io/serviceaccount/").
-define(WORK, "/etc/rabbitmq-jobs/connections.json").

main([]) ->
    {ok, _} = application:ensure_all_started([inets, ssl]),
    {ok, Text} = file:read_file(?WORK),
    #{<<"credentials">> := Wanted, <<"connections">> := Connections, <<"ca">> := Ca,
      <<"client">> := Client, <<"users">> := Users, <<"cookie">> := Cookie} = json:decode(Text),
    Credentials = credentials(Wanted),
    Passwords = #{Name => password(Name, maps:get(Key, Credentials))
                  || #{<<"name">> := Name, <<"key">> := Key} <- Users},
    Definitions = iolist_to_binary(json:encode(#{users => [
        #{name => Name, password => maps:get(Name, Passwords), tags => Tags}
        || #{<<"name">> := Name, <<"tags">> := Tags} <- Users]})),
    % It runs before each attempt to reach the broker.
    case file:read_file(in_memory("users.json")) of
        {ok, Definitions} -> ok;
        _ ->
            connect(Connections, Passwords, Ca, Client),
            ok = file:write_file(in_memory(".erlang.cookie"), cookie(Cookie)),
            ok = file:write_file(in_memory("users.json"), Definitions)
    end.

connect(Connections, Passwords, Ca, Client) ->
    Trust = authority(Ca),
    Identity = certificate(Client),
    [fill(<<"configmaps">>, maps:get(<<"configMap">>, Ca), <<"data">>, Trust)
     || map_size(Trust) > 0],
    [begin
         Password = maps:get(User, Passwords),
         Filled = maps:map(fun(_, Uri) -> with_password(Uri, Password) end, Uris),
         fill(<<"secrets">>, Name, <<"stringData">>, maps:merge(maps:merge(Filled, Trust), Identity))
     end
     || #{<<"name">> := Name, <<"user">> := User, <<"uris">> := Uris} <- Connections].

%% What is in the Secret stays; what it lacks is made, unless it is somebody else's Secret.
credentials(#{<<"name">> := Name, <<"keys">> := Keys, <<"generate">> := Generate} = Wanted) ->
    #{<<"metadata">> := #{<<"resourceVersion">> := Seen}} = Secret = object(<<"secrets">>, Name),
    Known = maps:map(fun(_, Value) -> base64:decode(Value) end, maps:get(<<"data">>, Secret, #{})),
    case Keys -- maps:keys(Known) of
        [] -> Known;
        Missing when Generate ->
            Made = maps:from_list([{Key, random()} || Key <- Missing]),
            % With the version, so that of two that do this at once one has to look again.
            case patch(<<"secrets">>, Name, #{
                <<"metadata">> => #{<<"resourceVersion">> => Seen}, <<"stringData">> => Made
            }) of
                {200, _} -> maps:merge(Known, Made);
                {409, _} -> credentials(Wanted);
                {_, Answer} -> refuse("The Secret ~s cannot be written: ~s", [Name, Answer])
            end;
        Missing ->
            refuse("The Secret ~s lacks ~s.", [Name, lists:join(", ", Missing)])
    end.

random() -> base64:encode(crypto:strong_rand_bytes(24), #{mode => urlsafe}).

%% What a node would refuse at its start is refused before a client gets it. No message has the password.
password(Name, Content) ->
    Password = string:trim(Content, trailing, "\n"),
    case {re:run(Password, "[\\x00-\\x1f\\x7f]"), unicode:characters_to_binary(Password)} of
        {_, <<>>} -> refuse("The password of user ~s is empty.", [Name]);
        {nomatch, Password} -> Password;
        {nomatch, _} -> refuse("The password of user ~s is not UTF-8.", [Name]);
        _ -> refuse("The password of user ~s contains a control character.", [Name])
    end.

cookie(#{<<"secret">> := Secret, <<"key">> := Key}) ->
    string:trim(maps:get(Key, copied(Secret, [Key])), trailing, "\n").

in_memory(Name) -> filename:join(os:getenv("HOME"), Name).

with_password(Uri, Password) ->
    iolist_to_binary(string:replace(Uri, "PASSWORD", uri_string:quote(Password))).

authority(#{<<"text">> := Text}) when Text =/= <<>> -> #{<<"ca.crt">> => Text};
authority(#{<<"secret">> := Name}) -> copied(Name, [<<"ca.crt">>]).

certificate(#{<<"secret">> := Name}) -> copied(Name, [<<"tls.crt">>, <<"tls.key">>]).

copied(<<>>, _) -> #{};
copied(Name, Keys) ->
    Data = maps:get(<<"data">>, object(<<"secrets">>, Name), #{}),
    case Keys -- maps:keys(Data) of
        [] -> maps:map(fun(_, Value) -> base64:decode(Value) end, maps:with(Keys, Data));
        Missing ->
            io:format("Waiting for ~s in the Secret ~s~n", [lists:join(", ", Missing), Name]),
            timer:sleep(3000),
            copied(Name, Keys)
    end.

fill(Kind, Name, Field, Data) ->
    {Status, Answer} = patch(Kind, Name, #{Field => Data}),
    Status =:= 200 orelse refuse("~s ~s cannot be written: ~s", [Kind, Name, Answer]),
    io:format("~s ~s: ~s~n", [Kind, Name, lists:join(", ", lists:sort(maps:keys(Data)))]).

patch(Kind, Name, Change) ->
    call(patch, uri(Kind, Name), {"application/merge-patch+json", json:encode(Change)}).

object(Kind, Name) ->
    case call(get, uri(Kind, Name), none) of
        {200, Body} -> json:decode(Body);
        {404, _} ->
            io:format("Waiting for ~s ~s~n", [Kind, Name]),
            timer:sleep(3000),
            object(Kind, Name);
        {_, Answer} -> refuse("~s ~s cannot be read: ~s", [Kind, Name, Answer])
    end.

uri(Kind, Name) -> ["/api/v1/namespaces/", account("namespace"), "/", Kind, "/", Name].

%% An API server that cannot be reached for a moment is asked again; the Job does not start anew.
call(Method, Path, Body) -> call(Method, Path, Body, 5).

call(Method, Path, Body, Attempts) ->
    Host = os:getenv("KUBERNETES_SERVICE_HOST"),
    Bracketed = case lists:member($:, Host) of true -> ["[", Host, "]"]; false -> Host end,
    Uri = lists:flatten(io_lib:format("https://~s:~s~s",
        [Bracketed, os:getenv("KUBERNETES_SERVICE_PORT"), Path])),
    Headers = [{"authorization", "Bearer " ++ binary_to_list(account("token"))}],
    Request = case Body of
        none -> {Uri, Headers};
        {Type, Content} -> {Uri, Headers, Type, iolist_to_binary(Content)}
    end,
    Tls = [{verify, verify_peer}, {cacertfile, ?ACCOUNT "ca.crt"}, {depth, 3},
           {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}],
    Options = [{body_format, binary}],
    case httpc:request(Method, Request, [{timeout, 20000}, {ssl, Tls}], Options) of
        {ok, {{_, Status, _}, _, Answer}} -> {Status, Answer};
        {error, Reason} when Attempts =:= 1 ->
            refuse("The API server does not answer: ~p", [Reason]);
        {error, _} ->
            timer:sleep(2000),
            call(Method, Path, Body, Attempts - 1)
    end.

account(File) ->
    {ok, Content} = file:read_file(?ACCOUNT ++ File),
    string:trim(Content).

-spec refuse(io:format(), [term()]) -> no_return().
refuse(Format, Arguments) ->
    Sentence = io_lib:format(Format ++ "~n", Arguments),
    file:write_file("/dev/termination-log", Sentence),
    io:put_chars(standard_error, Sentence),
    halt(1).
