" Vim syntax file for the test cases of Sluice (*.slicetest). To install it by hand:
"
"   mkdir -p ~/.vim/syntax && cp /usr/share/sluice/editors/slicetest.vim ~/.vim/syntax/
"   echo 'autocmd BufNewFile,BufRead *.slicetest setfiletype slicetest' >> ~/.vimrc
"
" What has no colour means nothing: a word that is no step, a message that does not exist.
if exists("b:current_syntax")
  finish
endif
let s:cpo = &cpo
set cpo&vim

syn case match
syn iskeyword @,48-57,_
syn include @slicetestJson syntax/jsonc.vim
unlet! b:current_syntax

" --- what a file says ---
syn match slicetestComment "\%(^\|\s\)\@1<=#.*$"
syn match slicetestBrace "^\s*}\ze\s*\%(#.*\)\=$"
syn match slicetestKeyword "^\s*test\ze\s\+\"" nextgroup=slicetestTitle skipwhite
syn match slicetestTitle contained +"[^"]*"+ nextgroup=slicetestOpen skipwhite
syn match slicetestOpen contained "{\ze\s*\%(#.*\)\=$"
syn match slicetestKeyword "^\s*\%(after\|skip\)\ze\s\+\"[^\"]*\"\s*\%(#.*\)\=$" nextgroup=slicetestString skipwhite
syn match slicetestKeyword "^\s*nothing else\ze\s*\%(#.*\)\=$"
syn match slicetestKeyword "^\s*\%(version\|openflow\)\ze\s" nextgroup=slicetestVersion skipwhite
syn match slicetestVersion contained "\%(1\.\|OpenFlow1\)[03]\ze\s*\%(#.*\)\=$"
syn match slicetestKeyword "^\s*wait\ze\s" nextgroup=slicetestTime skipwhite
syn match slicetestTime contained "\d\+\%(ms\|[smh]\)\=\ze\s*\%(#.*\)\=$"
syn match slicetestKeyword "^\s*\%(connect\|disconnect\)\ze\s" nextgroup=slicetestParty skipwhite
syn match slicetestKeyword "^\s*switch\ze\s" nextgroup=slicetestSwitch skipwhite
syn match slicetestSwitch contained "[0-9A-Za-z][0-9A-Za-z._-]*" nextgroup=slicetestPorts skipwhite
syn match slicetestPorts contained "ports\ze\s" nextgroup=slicetestPort skipwhite
syn match slicetestPort contained "\%(LOCAL\|0x\x\+\|\d\+\)\%(=\S*\)\=\ze\%(\s\|$\)" contains=slicetestPortName
  \ nextgroup=slicetestPort skipwhite
syn match slicetestPortName contained "=\S*"
syn match slicetestKeyword "^\s*config\ze\s\+[^{ \t]" nextgroup=slicetestPath skipwhite
syn match slicetestPath contained "\S.\{-}\ze\s*\%(\s#.*\)\=$"
syn region slicetestConfig start="^\s*config\ze\s\+{" matchgroup=slicetestKeyword end="}\@1<=" contains=slicetestConfigWord,@slicetestJson
syn match slicetestConfigWord contained "^\s*config\ze\s\+{"

" --- who says or hears it ---
syn match slicetestSpeaker "^\s*[0-9A-Za-z][0-9A-Za-z._@/-]*\ze\s\+[<>]\%(\s\|$\)" contains=slicetestParty
  \ nextgroup=slicetestSays,slicetestHears skipwhite
syn match slicetestParty contained "[0-9A-Za-z][0-9A-Za-z._-]*\%(\%(/[1-9]\d*\)\=@[0-9A-Za-z][0-9A-Za-z._-]*\)\="
syn match slicetestSays contained ">" nextgroup=slicetestMessage skipwhite
syn match slicetestHears contained "<" nextgroup=slicetestAtLeast,slicetestMessage,slicetestNothing skipwhite
syn match slicetestAtLeast contained "\~" nextgroup=slicetestMessage skipwhite
syn match slicetestNothing contained "nothing\ze\s*\%(#.*\)\=$"
syn match slicetestHex "^\s*hex\ze\s" nextgroup=slicetestBytesOf skipwhite
syn match slicetestBytesOf contained "[0-9A-Za-z][0-9A-Za-z._@/-]*\ze\s\+[<>]\s" contains=slicetestParty
  \ nextgroup=slicetestBytesArrow skipwhite
syn match slicetestBytesArrow contained "[<>]" nextgroup=slicetestBytes,slicetestNothing skipwhite
syn match slicetestBytes contained "\x\+\ze\%(\s\|$\)" nextgroup=slicetestBytes skipwhite

" --- what is said ---
syn keyword slicetestMessage contained nextgroup=slicetestFields skipwhite
  \ hello error echo_request echo_reply experimenter features_request features_reply get_config_request
  \ get_config_reply set_config packet_in flow_removed port_status packet_out flow_mod group_mod
  \ port_mod table_mod barrier_request barrier_reply queue_get_config_request queue_get_config_reply
  \ role_request role_reply get_async_request get_async_reply set_async meter_mod role_status
  \ table_status requestforward bundle_control bundle_add_message controller_status desc_request
  \ desc_reply flow_stats_request flow_stats_reply aggregate_request aggregate_reply table_stats_request
  \ table_stats_reply port_stats_request port_stats_reply queue_stats_request queue_stats_reply
  \ group_stats_request group_stats_reply group_desc_request group_desc_reply group_features_request
  \ group_features_reply meter_stats_request meter_stats_reply meter_config_request meter_config_reply
  \ meter_features_request meter_features_reply table_features_request table_features_reply
  \ port_desc_request port_desc_reply table_desc_request table_desc_reply queue_desc_request
  \ queue_desc_reply flow_monitor_request flow_monitor_reply flow_stats_light_request
  \ flow_stats_light_reply controller_status_request controller_status_reply bundle_features_request
  \ bundle_features_reply experimenter_stats_request experimenter_stats_reply
syn match slicetestFields contained "\S.*$" contains=@slicetestValue,slicetestPacket,slicetestComment
syn cluster slicetestValue contains=slicetestOperator,slicetestPunctuation,slicetestWord,slicetestName,slicetestTruth,
  \slicetestAction,slicetestField,slicetestNumber,slicetestCommand,slicetestAny,slicetestVariable,slicetestString
syn region slicetestPacket contained oneline matchgroup=slicetestPacketEnds start="<" end=">" contains=@slicetestValue

" Of those that fit at one place, the last wins.
syn match slicetestOperator contained "->\|[=/:+.|!-]"
syn match slicetestPunctuation contained "[][,(){}]"
syn match slicetestWord contained "\h[0-9A-Za-z_.]*"
syn match slicetestName contained "\u[0-9A-Z_]*\>"
syn match slicetestTruth contained "\%(true\|false\|null\)\>"
syn match slicetestAction contained "\h\w*\ze[:(]"
syn match slicetestField contained "\h[0-9A-Za-z_.]*\ze="
syn match slicetestNumber contained "\d\+"
syn match slicetestNumber contained "0x\x\+"
syn match slicetestNumber contained "\d\+\%(\.\d\+\)\{3}"
syn match slicetestNumber contained "\%(\x\{1,4}\)\=:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
syn match slicetestNumber contained "\%(data=\|packet=\)\@7<=\%(\x\x\)\+\>"
syn match slicetestCommand contained "\%(add\|modify\|modify_strict\|delete\|delete_strict\|add_or_mod\)\ze\%([ \t,]\|$\)"
syn match slicetestCommand contained "\%(insert_bucket\|remove_bucket\)\ze\%([ \t,]\|$\)"
syn match slicetestWord contained "=\@1<=\%(add\|modify\|delete\)\ze\%([ \t,}]\|$\)"
syn match slicetestAny contained "=\@1<=\*"
syn match slicetestVariable contained "=\@1<=\$[0-9A-Za-z_]\+"
syn match slicetestString contained +"[^"]*"+

hi def link slicetestComment Comment
hi def link slicetestKeyword Keyword
hi def link slicetestConfigWord Keyword
hi def link slicetestTitle Title
hi def link slicetestOpen Delimiter
hi def link slicetestBrace Delimiter
hi def link slicetestVersion Number
hi def link slicetestTime Number
hi def link slicetestSwitch Identifier
hi def link slicetestPorts Keyword
hi def link slicetestPort Number
hi def link slicetestPortName String
hi def link slicetestPath String
hi def link slicetestParty Identifier
hi def link slicetestSays Operator
hi def link slicetestHears Operator
hi def link slicetestBytesArrow Operator
hi def link slicetestAtLeast Special
hi def link slicetestNothing Keyword
hi def link slicetestHex Special
hi def link slicetestBytes Number
hi def link slicetestMessage Function
hi def link slicetestPacketEnds Delimiter
hi def link slicetestOperator Operator
hi def link slicetestPunctuation Delimiter
hi def link slicetestWord Constant
hi def link slicetestName Constant
hi def link slicetestTruth Boolean
hi def link slicetestAction Function
hi def link slicetestField Type
hi def link slicetestNumber Number
hi def link slicetestCommand Statement
hi def link slicetestAny Special
hi def link slicetestVariable Special
hi def link slicetestString String

let b:current_syntax = "slicetest"
let &cpo = s:cpo
unlet s:cpo
