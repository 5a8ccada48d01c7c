using System.Collections.Immutable;
using System.Net;
using Orleans.Runtime;
using OrleansAdapter.Grains;
using OrleansAdapter.Silo.Kubernetes;

namespace OrleansAdapter.EndToEnd;

/// <summary>Which silos a silo in a pod looks after, by what their names say: those of its own Kubernetes cluster and namespace.</summary>
public sealed class PodSilosTests
{
    private static readonly byte[] Authority = [1, 2, 3];

    [Fact]
    public void A_name_of_a_silo_says_which_pod_of_which_place_it_is_in_and_fits_into_the_table()
    {
        var process = ServerId.NewProcess().Process;
        var longest = PodId.Of(Pod(new string('a', PodId.LongestName), "chat"), Authority);
        var name = OnDirectorySilo.NameOf(process, longest.ToString());

        Assert.Equal(longest, PodId.OfSilo(name));
        Assert.Equal(process, OnDirectorySilo.ServerOf(name));
        Assert.True(OnDirectorySilo.IsNameOf(name, process));
        Assert.InRange(name.Length, 1, 150); // SiloName varchar(150), in PostgreSQL
        Assert.All([OnDirectorySilo.NameOf(process), "directory", process.ToString(), "Silo_1@b", null], other => Assert.Null(PodId.OfSilo(other)));
    }

    [Fact]
    public void A_place_is_a_namespace_of_one_Kubernetes_cluster()
    {
        var place = PodId.Of(Pod("a", "chat"), Authority).Place;

        Assert.Equal(place, PodId.Of(Pod("b", "chat"), Authority).Place);
        Assert.NotEqual(place, PodId.Of(Pod("a", "other"), Authority).Place);
        Assert.NotEqual(place, PodId.Of(Pod("a", "chat"), [1, 2, 4]).Place);
    }

    [Fact]
    public async Task Silos_of_other_namespaces_and_clusters_and_of_no_pod_are_not_looked_after()
    {
        var members = new Members(
            Member(1, "chat", Authority),
            Member(2, "chat", Authority),
            Member(3, "other", Authority),
            Member(4, "chat", [9]),
            new ClusterMember(Address(5), SiloStatus.Active, OnDirectorySilo.NameOf(ServerId.NewProcess().Process)),
            new ClusterMember(Address(6), SiloStatus.Dead, Member(6, "chat", Authority).Name));

        Assert.Equal([Address(2)], (await members.Of(1).OthersAsync()).Select(silo => silo.Address));
        Assert.Empty(await members.Of(3).OthersAsync());
        Assert.Empty(await members.Of(4).OthersAsync());
    }

    [Fact]
    public void Two_silos_of_each_place_ask_Kubernetes()
    {
        var members = new Members(
        [
            .. from number in Enumerable.Range(1, 6) select Member(number, number <= 3 ? "chat" : "other", Authority),
        ]);

        Assert.Equal([1, 2, 4, 5], Enumerable.Range(1, 6).Where(number => members.Of(number).IsWatcher));
    }

    private static PodEnvironment Pod(string name, string @namespace) =>
        new(name, "0b3b4b8e-5b1c-4a6e-9d0e-3c2f1a0b9d8c", @namespace, IPAddress.Loopback, "chat", "blue");

    private static SiloAddress Address(int number) => SiloAddress.New(IPAddress.Parse($"10.0.0.{number}"), 11111, 1);

    private static ClusterMember Member(int number, string @namespace, byte[] authority) => new(
        Address(number),
        SiloStatus.Active,
        OnDirectorySilo.NameOf(ServerId.NewProcess().Process, PodId.Of(Pod($"chat-{number}", @namespace), authority).ToString()));

    private sealed class Members(params ClusterMember[] members) : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } =
            new(members.ToImmutableDictionary(member => member.SiloAddress), new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public PodSilos Of(int number) => new(this, new Details(members[number - 1]));

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class Details(ClusterMember member) : ILocalSiloDetails
    {
        public string Name => member.Name;

        public string ClusterId => "blue";

        public string DnsHostName => "";

        public SiloAddress SiloAddress => member.SiloAddress;

        public SiloAddress GatewayAddress => member.SiloAddress;
    }
}
