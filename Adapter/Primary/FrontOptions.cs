using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Primary;

/// <summary>Where this worker's primary is, from its environment.</summary>
/// <param name="SocketPath">The socket file of the primary's front.</param>
/// <param name="Secret">What lets this worker in.</param>
/// <param name="Server">Who this worker is.</param>
/// <param name="Secure">Whether it takes connections that begin with TLS, too: it has a certificate.</param>
internal sealed record FrontOptions(string SocketPath, string Secret, ServerId Server, bool Secure)
{
    private const string DefaultCertificate = "Kestrel:Certificates:Default";
    private const string ServerKey = "OrleansAdapter:ServerId";

    /// <summary>Reads them; null where there is no primary.</summary>
    /// <exception cref="OptionsValidationException">They are not whole.</exception>
    public static FrontOptions? Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(FrontContract.Section);
        if (section[nameof(SocketPath)] is not { Length: > 0 } path)
        {
            return null;
        }
        List<string> wrong = [];
        if (section[nameof(Secret)] is not { Length: > 0 } secret)
        {
            wrong.Add($"{FrontContract.Section}:{nameof(Secret)} is not set, and the primary of {FrontContract.Section}:{nameof(SocketPath)} asks for it.");
            secret = "";
        }
        if (!ServerId.TryParse(configuration[ServerKey] ?? "", out var server))
        {
            wrong.Add($"{ServerKey} must be the 8 characters that the primary knows this worker by.");
        }
        var secure = configuration.GetSection(DefaultCertificate).GetChildren().Any();
        return wrong.Count == 0
            ? new FrontOptions(path, secret, server.Process, secure)
            : throw new OptionsValidationException(nameof(FrontOptions), typeof(FrontOptions), wrong);
    }
}
