using System.Text;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Grains.Local;

/// <summary>How a server reaches its directory on the <c>Local</c> engine.</summary>
public sealed class LocalDirectoryOptions
{
    /// <summary>
    /// The socket file of the directory's process. Without it the directory runs in this process, and this server is alone.
    /// </summary>
    public string? SocketPath { get; set; }

    /// <summary>What lets this process in: the secret that the directory was started with. At most 512 bytes of UTF-8.</summary>
    public string Secret { get; set; } = "";

    /// <summary>The limits of the link.</summary>
    public LinkOptions Link { get; set; } = new();

    /// <summary>The limits and times of the homes, where the directory runs in this process.</summary>
    public RoomsOptions Rooms { get; set; } = new();

    /// <summary>The limits and times of the list of servers, where the directory runs in this process.</summary>
    public ServersOptions Servers { get; set; } = new();
}

/// <summary>The one place that finds what is wrong with the options of the Local engine; each error names its option.</summary>
internal sealed class LocalDirectoryOptionsValidator : IValidateOptions<LocalDirectoryOptions>
{
    public ValidateOptionsResult Validate(string? name, LocalDirectoryOptions options)
    {
        var errors = Errors(options).ToArray();
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>What is wrong with the options of a directory's process.</summary>
    public static IEnumerable<string> Errors(DirectoryServerOptions options) => Errors(
        nameof(DirectoryServerOptions),
        options.SocketPath,
        options.Secret,
        options.Link).Concat(Errors(nameof(DirectoryServerOptions), options.Rooms, options.Servers));

    private static IEnumerable<string> Errors(LocalDirectoryOptions options) => options.SocketPath is { } path
        ? Errors(nameof(LocalDirectoryOptions), path, options.Secret, options.Link)
        : Errors(nameof(LocalDirectoryOptions), options.Rooms, options.Servers);

    private static IEnumerable<string> Errors(string type, string path, string secret, LinkOptions link)
    {
        if (path.Length == 0)
        {
            yield return $"{type}.{nameof(LocalDirectoryOptions.SocketPath)} is empty.";
        }
        else if (LinkSocket.Error(path) is { } error)
        {
            yield return $"{type}.{nameof(LocalDirectoryOptions.SocketPath)} {error}: {path}";
        }
        if (secret.Length == 0)
        {
            yield return $"{type}.{nameof(LocalDirectoryOptions.Secret)} is empty; the directory and its servers share one.";
        }
        else if (Encoding.UTF8.GetByteCount(secret) > LinkGreeting.MaximumSecretBytes)
        {
            yield return $"{type}.{nameof(LocalDirectoryOptions.Secret)} has more than {LinkGreeting.MaximumSecretBytes} bytes of UTF-8.";
        }
        foreach (var wrong in link.Errors($"{type}.{nameof(LocalDirectoryOptions.Link)}"))
        {
            yield return wrong;
        }
    }

    private static IEnumerable<string> Errors(string type, RoomsOptions rooms, ServersOptions servers)
    {
        (string Option, long Value)[] positive =
        [
            ($"Rooms.{nameof(rooms.Lease)}", rooms.Lease),
            ($"Rooms.{nameof(rooms.Hold)}", rooms.Hold),
            ($"Rooms.{nameof(rooms.PauseThreshold)}", rooms.PauseThreshold),
            ($"Rooms.{nameof(rooms.DeathMemory)}", rooms.DeathMemory),
            ($"Rooms.{nameof(rooms.MailboxLimit)}", rooms.MailboxLimit),
            ($"Rooms.{nameof(rooms.BatchEntries)}", rooms.BatchEntries),
            ($"Rooms.{nameof(rooms.BatchBytes)}", rooms.BatchBytes),
            ($"Servers.{nameof(servers.Lease)}", servers.Lease),
            ($"Servers.{nameof(servers.PauseThreshold)}", servers.PauseThreshold),
            ($"Servers.{nameof(servers.DeathMemory)}", servers.DeathMemory),
            ($"Servers.{nameof(servers.AnswersLimit)}", servers.AnswersLimit),
            ($"Servers.{nameof(servers.AnswerLife)}", servers.AnswerLife),
            ($"Servers.{nameof(servers.BatchBytes)}", servers.BatchBytes),
        ];
        return positive.Where(option => option.Value <= 0).Select(option => $"{type}.{option.Option} is {option.Value}; it must be positive.");
    }
}
