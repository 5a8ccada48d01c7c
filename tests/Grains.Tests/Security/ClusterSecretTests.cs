using System.Runtime.Versioning;
using OrleansAdapter.Security;

namespace OrleansAdapter.Grains.Tests.Security;

[UnsupportedOSPlatform("windows")]
public sealed class ClusterSecretTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("oa-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void White_space_at_the_end_of_the_file_does_not_count()
    {
        var secret = new string('s', 40);
        Assert.True(ClusterSecret.Read(Write(secret + " \r\n\n")).Key.SequenceEqual(ClusterSecret.Of(secret).Key));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(4097)]
    public void A_secret_that_can_be_guessed_or_is_none_is_refused(int length)
    {
        var file = Write(new string('s', length) + "\n");
        Assert.Contains($"{file} holds", ClusterSecret.Error(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_is_not_only_its_users_is_refused(UnixFileMode more)
    {
        var file = Write(new string('s', 40));
        Assert.Null(ClusterSecret.Error(file));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Null(ClusterSecret.Error(file));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | more);
        Assert.Contains("chmod 600", ClusterSecret.Error(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("nowhere", ClusterSecret.Error(Path.Combine(_directory, "nowhere")), StringComparison.Ordinal);

    private string Write(string text)
    {
        var file = Path.Combine(_directory, Path.GetRandomFileName());
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
