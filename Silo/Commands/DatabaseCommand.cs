using System.Data.Common;
using System.Net.Sockets;
using OrleansAdapter.PostgreSQL;
using OrleansAdapter.Security;

namespace OrleansAdapter.Silo.Commands;

/// <summary>The command <c>database init</c>.</summary>
internal static class DatabaseCommand
{
    private const int Failed = 1;

    /// <exception cref="OptionsException">The file does not hold a connection string, or others may read it.</exception>
    public static async Task<int> InitializeAsync(string file, CancellationToken stopping)
    {
        try
        {
            PrivateFile.Check(file);
            await PostgreSqlDatabase.InitializeAsync((await File.ReadAllTextAsync(file, stopping)).Trim(), stopping);
        }
        catch (Exception exception) when (exception is DbException or SocketException or TimeoutException)
        {
            await Console.Error.WriteLineAsync($"Silo: the tables could not be made: {exception.Message}");
            return Failed;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new OptionsException($"--connection-file {file} gives no connection string of PostgreSQL: {exception.Message}");
        }
        Console.Out.WriteLine("the tables are there");
        return 0;
    }
}
