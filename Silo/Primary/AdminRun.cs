using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using OrleansAdapter.Admin;
using OrleansAdapter.Primary;

namespace OrleansAdapter.Silo.Primary;

/// <summary>
/// Who may use the admin UI of one run, where the workers' program has it: a user with a random password, on this machine. Settings in the primary's own
/// environment take precedence.
/// </summary>
internal sealed class AdminRun
{
    private const string Prefix = "SocketIO__Admin__";
    private const string User = "admin";
    private const int PasswordBytes = 12;

    /// <summary>Of bcrypt, as a power of two.</summary>
    private const int Rounds = 10;

    /// <summary>How long a worker may take to say where the page is.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private readonly string? _password;
    private readonly IPEndPoint _address;

    /// <param name="isObserved">Whether the run is observed; nobody may use it otherwise.</param>
    /// <param name="front">Where clients connect.</param>
    public AdminRun(bool isObserved, IPEndPoint front)
    {
        var here = front.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : front.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : front.Address;
        _address = new IPEndPoint(here, front.Port);
        // At another address nobody would seem to be on this machine.
        if (isObserved && IPAddress.IsLoopback(here) && !System.Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(IsSetting))
        {
            _password = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordBytes));
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Prefix + "Username"] = User,
                [Prefix + "PasswordHash"] = BCrypt.Net.BCrypt.HashPassword(_password, Rounds),
            };
        }
    }

    /// <summary>The environment variables for workers.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Says where the page is and how to get in, where the workers have it.</summary>
    public async Task SayAsync(Supervised[] workers, Output output)
    {
        if (_password is not null
            && workers.SelectMany(worker => worker.Running).FirstOrDefault() is { } worker
            && await worker.AskAsync(AdminPlace.Question, AnswerLimit) is { } answer
            && PrimaryAnswer.Read<string>(answer) is { } page)
        {
            output.Say($"admin  http://{_address}{page}  server URL http://{_address}, username {User}, password {_password}");
        }
    }

    private static bool IsSetting(string variable) => variable.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
}
