using System.Net;
using System.Text;
using Microsoft.Extensions.Options;

namespace OrleansAdapter.Forwarding;

/// <summary>Says which forwarding options are valid.</summary>
internal sealed class ForwardingOptionsValidator : IValidateOptions<OrleansAdapterOptions>
{
    public ValidateOptionsResult Validate(string? name, OrleansAdapterOptions options)
    {
        var wrong = Errors(options.Forwarding).Select(error => $"{nameof(OrleansAdapterOptions)}.{nameof(OrleansAdapterOptions.Forwarding)}.{error}").ToArray();
        return wrong.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    /// <summary>What is wrong: one line for each, with the option's name first.</summary>
    private static IEnumerable<string> Errors(ForwardingOptions options)
    {
        if (options.ConnectTimeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(options.ConnectTimeout)} must be positive.";
        }
        if (!options.IsEnabled)
        {
            yield break;
        }
        if (options.Secret is not { Length: >= 16 and <= 512 } secret || secret.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            yield return $"{nameof(options.Secret)} must have 16 to 512 visible characters of ASCII.";
        }
        if (options.Listen is null)
        {
            if (Encoding.UTF8.GetByteCount(options.SocketDirectory!) > ServerAddress.LongestDirectory || !Path.IsPathRooted(options.SocketDirectory))
            {
                yield return $"{nameof(options.SocketDirectory)} must be an absolute path of at most {ServerAddress.LongestDirectory} bytes, "
                    + "as socket files cannot have longer names.";
            }
            yield break;
        }
        if (!IPEndPoint.TryParse(options.Listen, out var listen) || !options.Listen.Contains(':', StringComparison.Ordinal))
        {
            yield return $"{nameof(options.Listen)} must be an IP address and a port, such as 10.0.0.5:5100.";
        }
        else if (options.AdvertisedAddress is null && (listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any)))
        {
            yield return $"{nameof(options.AdvertisedAddress)} must say where others reach this server, since {nameof(options.Listen)} is any address.";
        }
        if (options.AdvertisedAddress is not null && !ServerAddress.TryParse(ServerAddress.Of(options.AdvertisedAddress, 1), out _))
        {
            yield return $"{nameof(options.AdvertisedAddress)} must be a host or IP address, with a port or without.";
        }
    }
}
