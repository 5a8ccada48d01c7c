namespace OrleansAdapter.SocketIO.Protocol;

/// <content>Values that nobody wants.</content>
internal ref partial struct MessagePackReader
{
    /// <summary>
    /// Passes over any value. It has to be whole and no deeper than it may; nothing is made of it, so that any number of them costs no memory.
    /// </summary>
    public void Skip() => Skip(0);

    private void Skip(int depth)
    {
        var code = Byte();
        switch (code)
        {
            case <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3:
                break;
            case 0xcc or 0xd0:
                Take(1);
                break;
            case 0xcd or 0xd1:
                Take(2);
                break;
            case 0xca or 0xce or 0xd2:
                Take(4);
                break;
            case 0xcb or 0xcf or 0xd3:
                Take(8);
                break;
            case (>= 0xa0 and <= 0xbf) or 0xd9 or 0xda or 0xdb:
                TextOf(code);
                break;
            case 0xc4:
                Take(Byte());
                break;
            case 0xc5:
                Take(UInt16());
                break;
            case 0xc6:
                Take(UInt32());
                break;
            case (>= 0x90 and <= 0x9f) or 0xdc or 0xdd:
                SkipElements(Elements(code switch { 0xdc => UInt16(), 0xdd => UInt32(), _ => code & 0x0fu }, 1), Deeper(depth), areNamed: false);
                break;
            case (>= 0x80 and <= 0x8f) or 0xde or 0xdf:
                SkipElements(Elements(code switch { 0xde => UInt16(), 0xdf => UInt32(), _ => code & 0x0fu }, 2), Deeper(depth), areNamed: true);
                break;
            default:
                var length = ExtensionLength(code);
                Byte(); // its type
                Take(length);
                break;
        }
    }

    private void SkipElements(int count, int depth, bool areNamed)
    {
        for (; count > 0; count--)
        {
            if (areNamed)
            {
                Text();
            }
            Skip(depth);
        }
    }
}
