namespace OrleansAdapter.Grains.Tests.Hosting;

/// <summary>What a silo's name says: which start of which process it is, so that a report of a death means no successor, and in which pod.</summary>
public sealed class SiloNameTests
{
    private static readonly ServerId Process = ServerId.NewProcess().Process;

    [Theory]
    [InlineData(null)]
    [InlineData("chat-1")]
    [InlineData("8c25020a73ca/0b3b4b8e-5b1c-4a6e-9d0e-3c2f1a0b9d8c/chat-1")]
    public void The_directorys_silo_is_named_for_its_start_and_its_pod(string? pod)
    {
        var name = OnDirectorySilo.NameOf(Process, pod);

        Assert.Equal(pod, OnDirectorySilo.PodOf(name));
        Assert.Equal(Process, OnDirectorySilo.ServerOf(name));
        Assert.True(OnDirectorySilo.IsNameOf(name));
        Assert.True(OnDirectorySilo.IsNameOf(name, Process));
        Assert.False(OnDirectorySilo.IsNameOf(name, ServerId.NewProcess().Process));
        Assert.False(OnDirectorySilo.IsNameOf(OnDirectorySilo.NameOf(Process) + "1", Process));
    }

    [Fact]
    public void The_silo_of_a_worker_is_named_for_the_worker_and_others_say_no_server()
    {
        Assert.Equal(Process, OnDirectorySilo.ServerOf(Process.ToString()));
        Assert.Null(OnDirectorySilo.ServerOf(OnDirectorySilo.Name));
        Assert.Null(OnDirectorySilo.ServerOf("Silo_1234567890"));
    }
}
