using System.Data.Common;
using OrleansAdapter.PostgreSQL;

namespace OrleansAdapter.Silo.Commands;

/// <summary>The command <c>database init</c>.</summary>
internal static class DatabaseCommand
{
    private const int Failed = 1;

    /// <exception cref="OptionsException">The file does not hold a connection string.</exception>
    public static async Task<int> InitializeAsync(string file, CancellationToken stopping)
    {
        try
        {
            await PostgreSqlDatabase.InitializeAsync((await File.ReadAllTextAsync(file, stopping)).Trim(), stopping);
        }
        catch (DbException exception)
        {
            await Console.Error.WriteLineAsync($"Silo: the tables could not be made: {exception.Message}");
            return Failed;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsException($"--connection-file {file} does not hold a connection string of PostgreSQL: {exception.Message}");
        }
        Console.Out.WriteLine("the tables are there");
        return 0;
    }
}
