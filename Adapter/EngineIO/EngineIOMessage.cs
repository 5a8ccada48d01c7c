using System.Text;

namespace OrleansAdapter.EngineIO;

/// <summary>A message of an Engine.IO client. Owns its memory.</summary>
/// <param name="IsBinary">Whether it is bytes rather than text.</param>
/// <param name="Data">The bytes; of a text, those in UTF-8.</param>
public readonly record struct EngineIOMessage(bool IsBinary, ReadOnlyMemory<byte> Data)
{
    /// <summary>The text.</summary>
    public string Text => Encoding.UTF8.GetString(Data.Span);
}

/// <summary>Why an Engine.IO connection ended.</summary>
/// <param name="Reason">
/// One of <c>transport error</c>, <c>transport close</c>, <c>forced close</c>, <c>ping timeout</c>, <c>parse error</c>, <c>server shutting down</c>.
/// </param>
/// <param name="Description">More, for logs; null where there is nothing to add.</param>
public readonly record struct EngineIOClose(string Reason, string? Description);
