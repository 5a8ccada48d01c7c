namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>What the homes of every directory do, seen through <see cref="IDirectory"/> alone. Derive it for each kind of directory.</summary>
public abstract class DirectoryContract : DirectorySuite
{
    [Fact]
    public async Task A_life_that_does_not_know_the_epoch_is_told_and_then_admitted()
    {
        var server = await Cluster.NewServerAsync();
        var life = server.NewLife("/");

        var wrong = await life.AskAsync<WrongEpoch>(new Register { Life = life.Id, Epoch = 0 });
        var registered = await life.RegisterAsync();

        Assert.Equal((life.Id, wrong.Epoch), (registered.Life, registered.Epoch));
        Assert.NotEqual(0, registered.Session);
        Assert.Empty(registered.Results);
        Assert.Equal([life.Id], life.List.Lives);
    }

    [Fact]
    public async Task Registering_again_gives_the_same_session()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var session = life.Session;

        await life.RegisterAsync();

        Assert.Equal(session, life.Session);
    }

    [Fact]
    public async Task Every_live_server_hears_that_another_has_come()
    {
        var first = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var second = await (await Cluster.NewServerAsync()).RegisterAsync("/");

        await Wait.UntilAsync(first.RenewAsync, _ => first.List.Lives.Count == 2, "the list has one life");

        Assert.Equal(new[] { first.Id, second.Id }.Order(), first.List.Lives.Order());
    }

    [Fact]
    public async Task Operations_get_consecutive_numbers_in_the_order_of_their_positions()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");

        var first = await life.SubmitAsync(TestLife.Emit("a", "1"), TestLife.Emit("a", "2"), TestLife.Emit("a", "3"));
        var second = await life.SubmitAsync(TestLife.Emit("a", "4"));

        Assert.Equal((1, 3), (first.First, first.Count));
        Assert.Equal((4, 1), (second.First, second.Count));
        Assert.Equal(first.FirstNumber + 3, second.FirstNumber);
    }

    [Fact]
    public async Task A_batch_that_comes_again_is_answered_the_same_and_happens_once()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await life.JoinAsync("a");

        var accepted = await life.SubmitAsync(TestLife.Emit("a", "once"));
        var again = await life.SubmitAsync(accepted.First, TestLife.Emit("a", "once"));
        await life.PublishAsync("a", "after");

        Assert.Equal((accepted.First, accepted.FirstNumber, accepted.Count), (again.First, again.FirstNumber, again.Count));
        Assert.Equal(["once", "after"], await life.TakeTextsAsync(2));
    }

    [Fact]
    public async Task A_broadcast_reaches_the_servers_with_members_and_no_others()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var stranger = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");
        await stranger.JoinAsync("b");

        await publisher.PublishAsync("a", "for a");
        await publisher.PublishAsync("b", "for b");

        Assert.Equal(["for a"], await member.TakeTextsAsync(1));
        Assert.Equal(["for b"], await stranger.TakeTextsAsync(1));
        Assert.Equal((await publisher.RenewAsync()).Head!.Number, (await member.RenewAsync()).Head!.Last + 1);
    }

    [Fact]
    public async Task An_entry_tells_who_published_it_where_and_what()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");
        var target = new BroadcastTarget(
            [Room.Named("a")], [], [Room.Named("b"), Room.OfUser("u")], [SocketId.FromParts(member.Id, 7)], BroadcastFlags.Volatile);

        var accepted = await publisher.SubmitAsync(Operation.Emit(target, new byte[] { 1, 2, 3 }));
        var entry = (await member.TakeAsync(1))[0];

        Assert.Equal((accepted.FirstNumber, publisher.Id, 1L, 1L), (entry.Number, entry.Publisher, entry.Position, entry.Run));
        Assert.Equal((OperationKind.Emit, BroadcastFlags.Volatile), (entry.Operation.Kind, entry.Operation.Target!.Flags));
        Assert.Equal([Room.Named("a")], entry.Operation.Target.Rooms.ToArray());
        Assert.Equal([Room.Named("b"), Room.OfUser("u")], entry.Operation.Target.ExceptRooms.ToArray());
        Assert.Equal([SocketId.FromParts(member.Id, 7)], entry.Operation.Target.ExceptSockets.ToArray());
        Assert.Equal([1, 2, 3], entry.Operation.Body.ToArray());
    }

    [Fact]
    public async Task A_socket_is_reached_at_its_server_whatever_rooms_that_has()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var holder = await (await Cluster.NewServerAsync()).RegisterAsync("/");

        await publisher.SubmitAsync(Operation.Emit(BroadcastTarget.Socket(SocketId.New(holder.Id)), "to a socket"u8.ToArray()));

        Assert.Equal(["to a socket"], await holder.TakeTextsAsync(1));
    }

    [Fact]
    public async Task A_request_tells_its_publisher_which_lives_it_went_to()
    {
        var asker = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");

        var accepted = await asker.SubmitAsync(TestLife.Emit("a", "no request"), Operation.Request(BroadcastTarget.Of(Room.Named("a")), "who?"u8.ToArray()));

        var targets = Assert.Single(accepted.Targets);
        Assert.Equal(2, targets.Position);
        Assert.Equal([member.Id], targets.Lives);
        Assert.Equal(OperationKind.Request, (await member.TakeAsync(2))[1].Operation.Kind);
    }

    [Fact]
    public async Task Members_of_several_rooms_see_one_order_with_publishers_on_several_servers()
    {
        const int Each = 100;
        TestLife[] lives =
        [
            await (await Cluster.NewServerAsync()).RegisterAsync("/"),
            await (await Cluster.NewServerAsync()).RegisterAsync("/"),
            await (await Cluster.NewServerAsync()).RegisterAsync("/"),
        ];
        foreach (var life in lives)
        {
            await life.JoinAsync("a");
            await life.JoinAsync("b");
        }

        await Task.WhenAll(lives.Select(async life =>
        {
            for (var i = 0; i < Each; i++)
            {
                await life.PublishAsync(i % 2 == 0 ? "a" : "b", $"{life.Id} {i:D4}");
            }
        }));
        var seen = await Task.WhenAll(lives.Select(life => life.TakeTextsAsync(lives.Length * Each)));

        Assert.Equal(seen[0], seen[1]);
        Assert.Equal(seen[0], seen[2]);
        Assert.Equal(seen[0].Count, seen[0].Distinct().Count());
        foreach (var life in lives)
        {
            var own = seen[0].Where(text => text.StartsWith(life.Id.ToString(), StringComparison.Ordinal)).ToArray();
            Assert.Equal(own.Order(StringComparer.Ordinal), own);
        }
    }

    [Fact]
    public async Task Namespaces_have_rooms_and_epochs_of_their_own()
    {
        var server = await Cluster.NewServerAsync();
        var chat = await server.RegisterAsync("/chat");
        var admin = await server.RegisterAsync("/admin");
        await chat.JoinAsync("a");
        await admin.JoinAsync("a");

        await chat.PublishAsync("a", "in chat");
        await admin.PublishAsync("a", "in admin");

        Assert.Equal(["in chat"], await chat.TakeTextsAsync(1));
        Assert.Equal(["in admin"], await admin.TakeTextsAsync(1));
        Assert.NotEqual(chat.Epoch, admin.Epoch);
    }

    [Fact]
    public async Task Reading_again_gives_what_was_not_acknowledged()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");
        var before = member.Handled;
        await publisher.PublishAsync("a", "lost on its way");

        var push = await member.ReadAfterAsync(before);

        Assert.Equal("lost on its way", TestLife.Text(Assert.Single(push.Entries)));
        Assert.Equal(["lost on its way"], await member.TakeTextsAsync(1));
    }

    [Fact]
    public async Task Renewing_tells_the_last_number_of_the_mailbox()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");

        var accepted = await publisher.PublishAsync("a", "1");
        await publisher.PublishAsync("b", "for nobody");

        var head = (await member.RenewAsync()).Head!;
        Assert.Equal((accepted.FirstNumber, accepted.FirstNumber + 1), (head.Last, head.Number));
    }

    [Fact]
    public async Task What_everybody_has_acknowledged_is_stable()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await life.JoinAsync("a");
        var accepted = await life.PublishAsync("a", "1");
        await life.TakeAsync(1);

        await Wait.UntilAsync(life.RenewAsync, renewed => renewed.Head!.Stable >= accepted.FirstNumber, "not stable");
    }

    [Fact]
    public async Task The_list_is_left_out_for_who_has_named_its_version()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");

        var named = new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = 0, ListVersion = life.List.Version };
        var head = (await life.AskAsync<Renewed>(named)).Head!;

        Assert.Equal(life.List.Version, head.ListVersion);
        Assert.Null(head.List);
    }

    [Fact]
    public async Task Who_has_named_a_version_of_the_list_is_told_what_has_changed_since()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var second = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await Wait.UntilAsync(life.RenewAsync, _ => life.List.Lives.Count == 2, "the list has one life");
        var named = new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = 0, ListVersion = life.List.Version };

        var third = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var head = (await life.AskAsync<Renewed>(named, renewed => renewed.Head!.ListVersion > named.ListVersion)).Head!;

        Assert.Equal([new ListChange(third.Id, IsThere: true)], head.Changes!);
        Assert.Null(head.List);
        Assert.Equal(new[] { life.Id, second.Id, third.Id }.Order(), third.List.Lives);
    }

    [Fact]
    public async Task A_life_that_is_replaced_is_fenced_and_gets_nothing_more()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var server = await Cluster.NewServerAsync();
        var old = await server.RegisterAsync("/");
        await old.JoinAsync("a");

        var next = server.NewLife("/", old.Id.NextIncarnation());
        await next.RegisterAsync(replaces: old.Id);
        await publisher.PublishAsync("a", "for nobody");
        var late = new Renew { Life = old.Id, Epoch = old.Epoch, Session = old.Session, Handled = old.Handled };

        Assert.Equal(old.Id, (await next.AskAsync<Fenced>(late)).Life);
        Assert.Equal(0, (await next.RenewAsync()).Head!.Last - next.Handled);
        Assert.DoesNotContain(old.Id, next.List.Lives);
    }

    [Fact]
    public async Task Messages_of_an_unknown_session_are_refused()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");

        var wrong = new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session + 1, Handled = 0 };

        Assert.Equal(life.Id, (await life.AskAsync<Fenced>(wrong)).Life);
    }

    [Fact]
    public async Task A_body_of_several_megabytes_arrives_unchanged_and_small_ones_keep_their_place_around_it()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");
        var body = new byte[(5 << 20) + 123];
        new Random(5).NextBytes(body);

        await publisher.SubmitAsync(TestLife.Emit("a", "before"), Operation.Emit(BroadcastTarget.Of(Room.Named("a")), body), TestLife.Emit("a", "after"));
        var entries = await member.TakeAsync(3);

        Assert.Equal(("before", "after"), (TestLife.Text(entries[0]), TestLife.Text(entries[2])));
        Assert.True(entries[1].Operation.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task A_batch_of_thousands_arrives_whole_and_in_order()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");

        await publisher.SubmitAsync([.. Enumerable.Range(0, 5_000).Select(i => TestLife.Emit("a", $"{i}"))]);

        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"{i}"), await member.TakeTextsAsync(5_000));
    }
}
