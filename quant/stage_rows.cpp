#include "integrad/quant/stage_rows.h"

#include <algorithm>

#include "integrad/quant/c/stream.h"
#include "integrad/quant/reach.h"

namespace integrad {

namespace {

/// A step of a stage as the player sees it.
struct Player {
  std::int32_t height = 0;
  std::int32_t first = 0, end = 0;  ///< rows held
  Index most = 0;
  struct Reader {
    std::size_t player;
    Reach reach;
    bool codes;  ///< else winners
  };
  std::vector<Reader> readers;
};

std::vector<Player> players_of(const StepGraph& graph, int first, int last) {
  std::vector<Player> players(static_cast<std::size_t>(last - first + 1));
  for (int step = first; step <= last; ++step) {
    Player& player = players[static_cast<std::size_t>(step - first)];
    player.height = static_cast<std::int32_t>(rows_of(graph.node(step).shape));
    const auto add = [&](const std::vector<int>& readers, bool codes) {
      for (int reader : readers)
        if (reader <= last)
          player.readers.push_back({static_cast<std::size_t>(reader - first),
                                    reach_of(graph.node(reader).operation), codes});
    };
    add(graph.code_readers(step), true);
    add(graph.winner_readers(step), false);
  }
  return players;
}

}  // namespace

StepGraph::StepGraph(const QGraph& program, std::vector<Step> steps)
    : program_(program),
      steps_(std::move(steps)),
      code_readers_(steps_.size()),
      winner_readers_(steps_.size()) {
  for (int id = 0; id < size(); ++id) {
    const bool unpool = std::holds_alternative<quantized::MaxUnpool>(node(id).operation);
    const std::vector<int>& inputs = steps_[static_cast<std::size_t>(id)].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      (unpool && i == 1 ? winner_readers_ : code_readers_)[static_cast<std::size_t>(inputs[i])]
          .push_back(id);
  }
}

int StepGraph::last_code_reader(int step) const {
  const std::vector<int>& readers = code_readers(step);
  return readers.empty() ? step : readers.back();
}

int StepGraph::last_winner_reader(int step) const {
  const std::vector<int>& readers = winner_readers(step);
  return readers.empty() ? step : readers.back();
}

bool StepGraph::can_stream(int first, int last) const {
  for (int step = first; step < last; ++step)
    for (const auto* readers : {&code_readers(step), &winner_readers(step)})
      for (int reader : *readers)
        if (reader <= last && reach_of(node(reader).operation).kind == Reach::Kind::whole)
          return false;
  return true;
}

std::vector<Index> rows_held(const StepGraph& graph, int first, int last) {
  std::vector<Player> players = players_of(graph, first, last);
  const std::int32_t rounds = players.back().height;
  std::vector<std::int32_t> end(players.size());
  for (std::int32_t round = 0; round < rounds; ++round) {
    for (std::size_t i = players.size(); i-- > 0;) {
      const Player& player = players[i];
      end[i] = 0;
      for (const Player::Reader& reader : player.readers)
        end[i] = std::max(end[i], rows_needed(reader.reach, end[reader.player], player.height));
      if (player.readers.empty()) end[i] = integrad_rows_due(round, rounds, player.height);
      if (round == rounds - 1) end[i] = player.height;
    }
    for (std::size_t i = 0; i < players.size(); ++i) {
      Player& player = players[i];
      std::int32_t first_kept = player.end;
      for (const Player::Reader& reader : player.readers)
        if (reader.codes)
          first_kept = std::min(first_kept,
                                rows_kept(reader.reach, players[reader.player].end, player.height));
      player.first = std::max(player.first, first_kept);
      player.end = end[i];
      player.most = std::max<Index>(player.most, player.end - player.first);
    }
  }
  std::vector<Index> rows;
  for (const Player& player : players) rows.push_back(player.most);
  return rows;
}

}  // namespace integrad
