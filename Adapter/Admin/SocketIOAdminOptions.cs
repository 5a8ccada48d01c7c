using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Admin;

/// <summary>
/// Who may use Socket.IO's admin UI, and how much it shows. The same on all servers. Names and defaults are the reference's, where it has them; the section
/// <c>SocketIO:Admin</c> of the configuration gives them. Validated when the host starts.
/// </summary>
public sealed class SocketIOAdminOptions
{
    /// <summary>The namespace that the page connects to. Default <c>/admin</c>.</summary>
    public string Namespace { get; set; } = "/admin";

    /// <summary>The user's name. Together with <see cref="PasswordHash"/>, or <see cref="AllowAnonymous"/> says that none is needed.</summary>
    public string? Username { get; set; }

    /// <summary>The bcrypt hash of the password, as <c>htpasswd -nbB</c> and the reference's own documentation make it: <c>$2b$10$…</c>.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>
    /// Whether nobody is asked who they are (the reference: <c>auth: false</c>). Default: no. Without <see cref="AllowRemote"/> the server has to be named
    /// <c>localhost</c> or by a loopback address then: a page of a stranger's site could come near by a name that leads here.
    /// </summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whether other machines than this one may use it, too. Default: no. Behind a proxy on this machine all clients seem to be on it, unless
    /// <c>UseForwardedHeaders</c> says where they are.
    /// </summary>
    public bool AllowRemote { get; set; }

    /// <summary>Whether it only looks: nobody is made to join, leave or go by it, and nothing is emitted. Default: no.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>How much it shows. Default: everything, <see cref="SocketIOAdminMode.Development"/>.</summary>
    public SocketIOAdminMode Mode { get; set; }

    /// <summary>How long a login is good for, on all servers; the page comes back by it when its connection broke. Default 8 h.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(8);

    /// <summary>How many sockets of each server are shown; the figures still count all of them. Default 1,000.</summary>
    public int MaxSockets { get; set; } = 1000;

    /// <summary>How many events of sockets each server shows in a second; the page is told how many were left out. Default 200.</summary>
    public int MaxEventsPerSecond { get; set; } = 200;

    /// <summary>How many pages may be connected to one server. Default 20.</summary>
    public int MaxAdmins { get; set; } = 20;

    /// <summary>
    /// The parameters of a handshake's query whose values are shown, beside those of the protocols; of all others only the names are, as values may be
    /// secrets. Default: none.
    /// </summary>
    public ISet<string> ShownQueryParameters { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The folder with the page (<c>ui/dist</c> of the npm package <c>@socket.io/admin-ui</c>). Default: <c>clients/admin-ui</c> beside the program, if there
    /// is one; otherwise no page is served, and one from elsewhere can be used.
    /// </summary>
    public string? PageFiles { get; set; }
}

/// <summary>The one place that says which of these options are valid.</summary>
internal sealed partial class SocketIOAdminOptionsValidator : IValidateOptions<SocketIOAdminOptions>
{
    /// <summary>The most rounds of bcrypt, as a power of two: with more, each attempt would take seconds.</summary>
    private const int MostRounds = 15;

    public ValidateOptionsResult Validate(string? name, SocketIOAdminOptions options)
    {
        var wrong = Errors(options).Select(error => $"{nameof(SocketIOAdminOptions)}.{error}").ToArray();
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static IEnumerable<string> Errors(SocketIOAdminOptions options)
    {
        if (options.Namespace is not ['/', _, ..] || options.Namespace.Length > 256 || options.Namespace.Contains(',', StringComparison.Ordinal))
        {
            yield return $"{nameof(options.Namespace)} must be a slash and a name of at most 255 characters without a comma, such as /admin.";
        }
        if (!options.AllowAnonymous && string.IsNullOrEmpty(options.Username))
        {
            yield return $"{nameof(options.Username)} is missing; without one, set {nameof(options.AllowAnonymous)}.";
        }
        if (!options.AllowAnonymous && (options.PasswordHash is not { } hash || !Hash().IsMatch(hash)))
        {
            yield return $"{nameof(options.PasswordHash)} must be a bcrypt hash, such as `htpasswd -nbB admin PASSWORD` makes behind the colon.";
        }
        else if (options.PasswordHash is { } known && Hash().Match(known) is { Success: true } parts
            && int.Parse(parts.Groups["rounds"].ValueSpan, CultureInfo.InvariantCulture) is < 4 or > MostRounds)
        {
            yield return $"{nameof(options.PasswordHash)} must have a cost from 4 to {MostRounds}.";
        }
        if (options.AllowAnonymous && (options.Username is not null || options.PasswordHash is not null))
        {
            yield return $"{nameof(options.AllowAnonymous)} and {nameof(options.Username)} or {nameof(options.PasswordHash)} exclude each other.";
        }
        if (!Enum.IsDefined(options.Mode))
        {
            yield return $"{nameof(options.Mode)} must be {string.Join(" or ", Enum.GetNames<SocketIOAdminMode>())}.";
        }
        if (options.SessionLifetime <= TimeSpan.Zero || options.SessionLifetime > TimeSpan.FromDays(365))
        {
            yield return $"{nameof(options.SessionLifetime)} must be positive, and at most a year.";
        }
        foreach (var (option, value, most) in new[]
        {
            (nameof(options.MaxSockets), options.MaxSockets, 10_000),
            (nameof(options.MaxEventsPerSecond), options.MaxEventsPerSecond, 10_000),
            (nameof(options.MaxAdmins), options.MaxAdmins, 1000),
        })
        {
            if (value < 1 || value > most)
            {
                yield return $"{option} must be from 1 to {most}.";
            }
        }
        if (options.PageFiles is not null && !Directory.Exists(options.PageFiles))
        {
            yield return $"{nameof(options.PageFiles)} is \"{options.PageFiles}\", which is no folder.";
        }
    }

    [GeneratedRegex(@"^\$2[abxy]\$(?<rounds>\d\d)\$[./A-Za-z0-9]{53}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hash();
}
