using OrleansAdapter.Silo;
using OrleansAdapter.Silo.Primary;

namespace OrleansAdapter.EndToEnd;

/// <summary>Which program the workers run where <c>--worker</c> does not say it.</summary>
public sealed class BuiltApplicationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("oa-").FullName;

    [Fact]
    public void A_folder_without_a_project_has_none() => Assert.Null(BuiltApplication.In(_folder));

    [Fact]
    public void It_is_the_program_that_was_built_last()
    {
        Write("Chat.csproj");
        Build("Release", DateTime.UnixEpoch.AddDays(1));
        var last = Build("Debug", DateTime.UnixEpoch.AddDays(2));
        Build("Debug/publish", DateTime.UnixEpoch.AddDays(2));

        Assert.Equal(last, BuiltApplication.In(_folder));
    }

    [Fact]
    public void A_library_of_that_name_is_no_program()
    {
        Write("Chat.csproj");
        Write("bin/Debug/Chat.dll");

        Assert.Contains("dotnet build", Assert.Throws<OptionsException>(() => BuiltApplication.In(_folder)).Message);
    }

    [Fact]
    public void A_project_that_was_not_built_is_named()
    {
        Write("Chat.csproj");

        Assert.Contains("Chat.csproj", Assert.Throws<OptionsException>(() => BuiltApplication.In(_folder)).Message);
    }

    [Fact]
    public void Where_there_are_several_projects_one_has_to_be_named()
    {
        Write("Chat.csproj");
        Write("Other.fsproj");

        Assert.Contains("--worker", Assert.Throws<OptionsException>(() => BuiltApplication.In(_folder)).Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Build(string configuration, DateTime time)
    {
        Write($"bin/{configuration}/Chat.runtimeconfig.json");
        var program = Write($"bin/{configuration}/Chat.dll");
        File.SetLastWriteTimeUtc(program, time);
        return program;
    }

    private string Write(string name)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
