// SPDX-License-Identifier: Apache-2.0
// Types, configuration map and latency arithmetic of the spike router (docs/router.md).

package mixspike_pkg;

  // Synapse entry: one pulse to send. The order of fields is that of the configuration word.
  parameter int unsigned TargetWidth = 12;
  parameter int unsigned RowWidth = 3;
  parameter int unsigned CodeWidth = 8;
  parameter int unsigned EntryWidth = TargetWidth + RowWidth + 1 + CodeWidth;

  typedef struct packed {
    logic [TargetWidth-1:0] target;
    logic [RowWidth-1:0]    row;
    logic                   inhibitory;
    logic [CodeWidth-1:0]   code;
  } entry_t;

  // Routing table word: which entries belong to a source.
  parameter int unsigned PtrWidth = 16;

  typedef struct packed {
    logic [PtrWidth-1:0] count;
    logic [PtrWidth-1:0] base;
  } route_t;

  parameter int unsigned BiasWidth = 16;
  // Clock cycles of the always-on time base; ages are differences, so it may wrap.
  parameter int unsigned TimeWidth = 32;
  parameter int unsigned PulseWidth = 24;

  // Send words, two for each entry of the table by which events leave a core: tag and next entry (0:
  // none); destination cores and delay. A mesh has 16 cores at most.
  parameter int unsigned MaxCores = 16;
  parameter int unsigned DelayWidth = 16;
  parameter int unsigned ShiftWidth = 4;  // the delay's unit is a power of two cycles

  typedef struct packed {
    logic [PtrWidth-1:0] next;
    logic [PtrWidth-1:0] tag;
  } send_tag_t;

  typedef struct packed {
    logic [DelayWidth-1:0] delay;
    logic [MaxCores-1:0]   cores;
  } send_dest_t;

  // Configuration port: addresses count 32-bit words.
  parameter int unsigned AddrWidth = 20;
  parameter logic [31:0] IdValue = 32'h4d53_0100;
  parameter logic [AddrWidth-1:0] AddrId = 20'h00000;
  parameter logic [AddrWidth-1:0] AddrNeurons = 20'h00001;
  parameter logic [AddrWidth-1:0] AddrInputs = 20'h00002;
  parameter logic [AddrWidth-1:0] AddrRows = 20'h00003;
  parameter logic [AddrWidth-1:0] AddrEntries = 20'h00004;
  parameter logic [AddrWidth-1:0] AddrBiases = 20'h00005;
  parameter logic [AddrWidth-1:0] AddrLatency = 20'h00006;
  parameter logic [AddrWidth-1:0] AddrCounters = 20'h00007;
  parameter logic [AddrWidth-1:0] AddrControl = 20'h00008;
  parameter logic [AddrWidth-1:0] AddrCommand = 20'h00009;
  parameter logic [AddrWidth-1:0] AddrPulseWidth = 20'h0000a;
  parameter logic [AddrWidth-1:0] AddrTriggerWidth = 20'h0000b;
  parameter logic [AddrWidth-1:0] AddrStatus = 20'h0000c;
  parameter logic [AddrWidth-1:0] AddrTimeout = 20'h0000d;
  // Only on a chip of several cores: what a core has towards the mesh.
  parameter logic [AddrWidth-1:0] AddrCores = 20'h00020;
  parameter logic [AddrWidth-1:0] AddrTags = 20'h00021;
  parameter logic [AddrWidth-1:0] AddrSends = 20'h00022;
  parameter logic [AddrWidth-1:0] AddrNetCounters = 20'h00023;
  parameter logic [AddrWidth-1:0] AddrNetControl = 20'h00024;
  parameter logic [AddrWidth-1:0] AddrDelayShift = 20'h00025;
  parameter logic [AddrWidth-1:0] AddrSendTimeout = 20'h00026;
  parameter logic [AddrWidth-1:0] AddrNetStatus = 20'h00027;
  parameter logic [AddrWidth-1:0] AddrNetCounter = 20'h00030;
  parameter logic [AddrWidth-1:0] AddrCounter = 20'h00040;
  parameter logic [AddrWidth-1:0] AddrRequest = 20'h00080;
  parameter logic [AddrWidth-1:0] AddrAck = 20'h000c0;
  parameter logic [AddrWidth-1:0] AddrStuck = 20'h000e0;
  parameter logic [AddrWidth-1:0] AddrBias = 20'h00100;
  parameter logic [AddrWidth-1:0] AddrRoute = 20'h10000;
  parameter logic [AddrWidth-1:0] AddrEntry = 20'h20000;
  parameter logic [AddrWidth-1:0] AddrSendTag = 20'h30000;
  parameter logic [AddrWidth-1:0] AddrSendDest = 20'h38000;

  // A chip's port: the core stands above the address within it; ChipSelect: the chip's own registers.
  parameter int unsigned ChipAddrWidth = AddrWidth + 5;
  parameter logic [4:0] ChipSelect = 5'h10;
  parameter logic [31:0] ChipIdValue = 32'h4d53_4300;
  parameter logic [AddrWidth-1:0] ChipId = 20'h00000;
  parameter logic [AddrWidth-1:0] ChipCores = 20'h00001;
  parameter logic [AddrWidth-1:0] ChipCommand = 20'h00002;
  parameter logic [AddrWidth-1:0] ChipStatus = 20'h00003;
  parameter logic [AddrWidth-1:0] ChipTime = 20'h00004;
  parameter logic [AddrWidth-1:0] ChipBad = 20'h00005;
  parameter logic [AddrWidth-1:0] ChipLate = 20'h00006;

  // Counters, in the order of the configuration map.
  parameter int unsigned NumCounters = 15;
  parameter int unsigned CounterWidth = 32;
  parameter int unsigned CntCaptured = 0;
  parameter int unsigned CntExternal = 1;
  parameter int unsigned CntDelivered = 2;
  parameter int unsigned CntSent = 3;
  parameter int unsigned CntArbiterWait = 4;
  parameter int unsigned CntFifoWait = 5;
  parameter int unsigned CntQueueWait = 6;
  parameter int unsigned CntRowWait = 7;
  parameter int unsigned CntExternalWait = 8;
  parameter int unsigned CntOutputWait = 9;
  parameter int unsigned CntVanished = 10;
  parameter int unsigned CntUnrouted = 11;
  parameter int unsigned CntBadEntry = 12;
  parameter int unsigned CntBadAddress = 13;
  parameter int unsigned CntStuck = 14;

  // Counters of what a core has towards the mesh, in the order of the map.
  parameter int unsigned NumNetCounters = 9;
  parameter int unsigned NetSent = 0;
  parameter int unsigned NetReceived = 1;
  parameter int unsigned NetSendWait = 2;
  parameter int unsigned NetDelayWait = 3;
  parameter int unsigned NetMeshWait = 4;
  parameter int unsigned NetReceiveWait = 5;
  parameter int unsigned NetExpired = 6;
  parameter int unsigned NetBadSend = 7;
  parameter int unsigned NetBadTag = 8;
  parameter int unsigned NetIncWidth = 2;

  // Increment of one counter in one cycle: at most every neuron at once.
  parameter int unsigned IncWidth = 13;

  // Latencies in clock edges. Edge 1 is the first rising edge after the change of the input: the
  // one that samples it. An output that changes at edge n lies more than (n - 1) periods after
  // the input.
  function automatic integer ack_edges(input integer sync_stages);
    // Synchroniser, then grant: acknowledge and event queue are written by the same edge.
    ack_edges = sync_stages + 1;
  endfunction

  // External event to pulse: input queue, routing table, entry memory, pulse register.
  parameter int unsigned ExtPulseEdges = 4;

  function automatic integer req_pulse_edges(input integer sync_stages);
    // The request enters an event queue with its acknowledge and then takes the same way.
    req_pulse_edges = ack_edges(sync_stages) + ExtPulseEdges - 1;
  endfunction

  // An external event enters its queue at edge 1 and may take a neuron's turn at the fan-out at
  // edge 2. The neurons' queue then stays full, so that a grant due at edge 3 is not given.
  parameter int unsigned ExtAckEdges = 3;

  // Whole periods in which no input can be answered, directly or by contention: the lookahead.
  function automatic integer lookahead_cycles(input integer sync_stages);
    lookahead_cycles = ((ack_edges(sync_stages) < ExtAckEdges) ? ack_edges(sync_stages)
                                                               : ExtAckEdges) - 1;
  endfunction

  // Ports of a mesh node: 0 the core, 1 east, 2 west, 3 north, 4 south. Whether a port of the node at (x, y)
  // leads to the core at (to_x, to_y): along the row first, then along the column. One port does, always.
  function automatic logic leads_to(input integer port, input integer x, input integer y,
                                    input integer to_x, input integer to_y);
    case (port)
      0: leads_to = (to_x == x) && (to_y == y);
      1: leads_to = to_x > x;
      2: leads_to = to_x < x;
      3: leads_to = (to_x == x) && (to_y > y);
      default: leads_to = (to_x == x) && (to_y < y);
    endcase
  endfunction

  // Bits that number `count` things; at least one.
  function automatic integer index_width(input integer count);
    index_width = (count > 1) ? $clog2(count) : 1;
  endfunction

endpackage
