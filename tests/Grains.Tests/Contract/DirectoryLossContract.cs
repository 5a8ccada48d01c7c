namespace OrleansAdapter.Grains.Tests.Contract;

/// <summary>What happens when the directory is lost while the servers live on. Derive it for each kind whose directory can die alone.</summary>
public abstract class DirectoryLossContract : DirectorySuite
{
    [Fact]
    public async Task Servers_find_the_next_directory_by_themselves()
    {
        var server = await Cluster.NewServerAsync();
        await server.DescribeAsync();

        await Cluster.KillDirectoryAsync();
        await Cluster.StartDirectoryAsync();
        await server.ConnectedAsync();

        Assert.Empty(await server.Directory.ServersAsync(TestContext.Current.CancellationToken));
        await server.DescribeAsync();
    }

    [Fact]
    public async Task While_the_directory_is_away_questions_fail_and_messages_are_dropped()
    {
        var server = await Cluster.NewServerAsync();
        var life = await server.RegisterAsync("/");

        await Cluster.KillDirectoryAsync();

        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => server.Directory.ServersAsync(TestContext.Current.CancellationToken));
        life.Send(new Renew { Life = life.Id, Epoch = life.Epoch, Session = life.Session, Handled = 0 });
        server.Describe();
    }

    [Fact]
    public async Task A_server_may_start_before_its_directory()
    {
        await Cluster.KillDirectoryAsync();
        var starting = Cluster.NewServerAsync();
        await Cluster.StartDirectoryAsync();

        await (await starting).DescribeAsync();
    }

    [Fact]
    public async Task The_next_home_is_a_later_epoch_made_from_what_the_servers_remember()
    {
        var publisher = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var member = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await member.JoinAsync("a");
        await publisher.JoinAsync("a");
        await publisher.RenewAsync();
        var before = (await publisher.PublishAsync("a", "before")).FirstNumber;
        var entry = (await publisher.TakeAsync(1))[0];
        var (epoch, room) = (publisher.Epoch, Room.Named("a"));

        // The member never handled the entry: the next home knows it from the publisher alone.
        var history = publisher.History([entry], [new OutboxItem(publisher.LastPosition, entry.Operation, entry.Number, entry.Run)], room);
        var membersHistory = member.History([], [], room) with { List = history.List, ListVersion = history.ListVersion, Handled = before - 1 };
        await Cluster.KillDirectoryAsync();
        await Cluster.StartDirectoryAsync();
        await Task.WhenAll(publisher.RegisterAsync(history: history), member.RegisterAsync(history: membersHistory));
        var after = await publisher.PublishAsync("a", "after");

        Assert.True(publisher.Epoch > epoch);
        Assert.Equal(publisher.Epoch, member.Epoch);
        Assert.True(after.FirstNumber > before);
        Assert.Equal(["before", "after"], await member.TakeTextsAsync(2));
        Assert.Equal(["after"], await publisher.TakeTextsAsync(1));
    }

    [Fact]
    public async Task A_life_that_the_next_home_does_not_know_is_fenced()
    {
        var life = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        var stranger = await (await Cluster.NewServerAsync()).RegisterAsync("/");
        await life.RenewAsync();
        var history = life.History([], []) with { List = [life.Id] };
        var strangers = stranger.History([], []) with { List = [life.Id] };

        await Cluster.KillDirectoryAsync();
        await Cluster.StartDirectoryAsync();
        await life.RegisterAsync(history: history);
        var register = new Register { Life = stranger.Id, Epoch = life.Epoch, History = strangers };

        Assert.Equal(stranger.Id, (await stranger.AskAsync<Fenced>(register)).Life);
    }
}
