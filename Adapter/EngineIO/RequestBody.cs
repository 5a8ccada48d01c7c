using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace OrleansAdapter.EngineIO;

/// <summary>How reading a body ended.</summary>
internal enum BodyEnd
{
    /// <summary>It is there.</summary>
    Whole,

    /// <summary>It has, or announces, more bytes than one may.</summary>
    TooLarge,

    /// <summary>The client went away, or sends what is no body.</summary>
    Cut,

    /// <summary>It is no HTTP, though the connection is there.</summary>
    Malformed,

    /// <summary>It takes too long.</summary>
    TooSlow,

    /// <summary>Unfinished ones hold too much together.</summary>
    TooMany,
}

/// <summary>The body of a POST. Memory is taken as bytes come, whatever length was announced.</summary>
internal sealed class RequestBody(EngineServer server) : IDisposable
{
    private readonly UnfinishedShare _share = new(server.Unfinished);
    private byte[] _buffer = [];
    private int _length;

    /// <summary>What has come.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    public async Task<BodyEnd> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > server.Options.MaxHttpBufferSize)
        {
            return BodyEnd.TooLarge;
        }
        ITimer? timeout = null;
        try
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var reading = reader.ReadAsync(context.RequestAborted);
                if (!reading.IsCompleted)
                {
                    // Seldom: what is small comes with its request.
                    if (!_share.TryHold(_buffer.Length))
                    {
                        reader.CancelPendingRead();
                        reader.AdvanceTo((await reading.ConfigureAwait(false)).Buffer.End);
                        return BodyEnd.TooMany;
                    }
                    timeout ??= Timers.Once(server.Time, server.Options.UnfinishedTimeout, static state => ((PipeReader)state!).CancelPendingRead(), reader);
                }
                var result = await reading.ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    reader.AdvanceTo(result.Buffer.End);
                    return BodyEnd.TooSlow;
                }
                var isTooLarge = _length + result.Buffer.Length > server.Options.MaxHttpBufferSize;
                if (!isTooLarge)
                {
                    Take(result.Buffer);
                }
                reader.AdvanceTo(result.Buffer.End);
                if (isTooLarge || result.IsCompleted)
                {
                    return isTooLarge ? BodyEnd.TooLarge : BodyEnd.Whole;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // BadHttpRequestException is an IOException: a body that is no body, or comes too slowly.
            return BodyEnd.Cut;
        }
        catch (InvalidOperationException)
        {
            // What Kestrel throws at a NUL in a trailer.
            return BodyEnd.Malformed;
        }
        finally
        {
            timeout?.Dispose();
        }
    }

    public void Dispose()
    {
        _share.End();
        Return();
    }

    private void Take(ReadOnlySequence<byte> bytes)
    {
        var length = _length + (int)bytes.Length;
        if (length > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * _buffer.Length));
            Bytes.CopyTo(larger);
            Return();
            _buffer = larger;
        }
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = length;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
